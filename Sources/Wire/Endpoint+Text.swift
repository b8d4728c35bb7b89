// Endpoints as people read and type them: `192.0.2.1:4242`, `[2001:db8::1]:4242`. Numbers only, and one way to
// write each (RFC 5952).

internal import Essentials

extension Endpoint: CustomStringConvertible {
    public var description: String {
        switch self {
        case .v4(let address, let port):
            address.bigEndianBytes.map { String($0) }.joined(separator: ".") + ":\(port)"
        case .v6(let address, let port):
            "[\(address)]:\(port)"
        }
    }

    /// Reads `host:port` or `[host]:port` with a numeric host. Nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        guard let port = Self.decimal(text.utf8[text.utf8.index(after: colon)...], upTo: 65_535) else {
            return nil
        }
        let host = text.utf8[..<colon]
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") {
            guard let address = Address6(Substring(host.dropFirst().dropLast())) else { return nil }
            self = .v6(address, port: UInt16(port))
        } else {
            guard let address = Self.address4(host) else { return nil }
            self = .v4(address, port: UInt16(port))
        }
    }

    /// Four decimal numbers with dots between them.
    static func address4(_ text: Substring.UTF8View) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let byte = decimal(part, upTo: 255) else { return nil }
            address = address << 8 | byte
        }
        return address
    }

    /// A decimal number without a sign and without leading zeros.
    private static func decimal(_ text: Substring.UTF8View, upTo most: UInt32) -> UInt32? {
        guard (1...5).contains(text.count), text.count == 1 || text.first != UInt8(ascii: "0") else { return nil }
        var value: UInt32 = 0
        for character in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) else { return nil }
            value = value * 10 + UInt32(character - UInt8(ascii: "0"))
        }
        return value <= most ? value : nil
    }
}

extension Address6: CustomStringConvertible {
    private var groups: [UInt16] {
        [high, low].flatMap { half in
            stride(from: UInt64(48), through: 0, by: -16).map { UInt16(truncatingIfNeeded: half >> $0) }
        }
    }

    /// As RFC 5952 says: lower case, no leading zeros, the longest run of two or more zero groups as `::`.
    public var description: String {
        let groups = groups
        var longest = 0..<0
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start > max(1, longest.count) { longest = start..<end }
            start = end + 1
        }
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }

    /// Reads the text forms of RFC 4291 §2.2, the one that ends in a dotted IPv4 address included; no zone.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 45 else { return nil }
        let halves = Self.halves(of: Array(text.utf8))
        guard let head = Self.groups(halves.head, mayBeDotted: halves.tail == nil) else { return nil }
        var all = head
        if let tail = halves.tail {
            guard let tail = Self.groups(tail, mayBeDotted: true), head.count + tail.count < 8 else { return nil }
            all += [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
        }
        guard all.count == 8 else { return nil }
        self.init(
            high: all[..<4].reduce(0) { $0 << 16 | UInt64($1) }, low: all[4...].reduce(0) { $0 << 16 | UInt64($1) })
    }

    /// What stands before and after the first `::`.
    private static func halves(of text: [UInt8]) -> (head: ArraySlice<UInt8>, tail: ArraySlice<UInt8>?) {
        let colon = UInt8(ascii: ":")
        for index in text.indices.dropLast() where text[index] == colon && text[index + 1] == colon {
            return (text[..<index], text[(index + 2)...])
        }
        return (text[...], nil)
    }

    /// The 16-bit groups of a text without `::`; a dotted address, at the end of the whole, counts as two.
    private static func groups(_ text: ArraySlice<UInt8>, mayBeDotted: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (position, part) in parts.enumerated() {
            if mayBeDotted, position == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                let dotted = Substring(decoding: part, as: UTF8.self)
                guard let address = Endpoint.address4(dotted.utf8) else { return nil }
                groups += [UInt16(address >> 16), UInt16(truncatingIfNeeded: address)]
            } else {
                guard (1...4).contains(part.count) else { return nil }
                var group: UInt16 = 0
                for character in part {
                    guard let digit = hexadecimal(character) else { return nil }
                    group = group << 4 | digit
                }
                groups.append(group)
            }
        }
        return groups
    }

    private static func hexadecimal(_ character: UInt8) -> UInt16? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(character - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(character - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(character - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
