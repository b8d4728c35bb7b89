// "HOST:PORT" as people write it: a v4 address, a v6 address in brackets, or a name. Names are not
// resolved here; the wire's own `Endpoint` is numeric only.

private import Foundation

/// A host and a port, not yet resolved.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    public enum Host: Hashable, Sendable {
        /// Four bytes.
        case v4([UInt8])
        /// Sixteen bytes.
        case v6([UInt8])
        /// A name for the resolver, in lower case.
        case name(String)
    }

    public let host: Host
    /// Zero stands for any free port, where that makes sense.
    public let port: UInt16

    public init(host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `a.b.c.d:port`, `[v6]:port` or `name:port`.
    /// - Throws: what is wrong with the text, in words that fit after "listen: ".
    public init(parsing text: String) throws(HostPortFault) {
        let hostText: Substring
        let portText: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw .unclosedBracket }
            hostText = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.first == ":" else { throw .portMissing }
            portText = rest.dropFirst()
            host = .v6(try Self.version6(hostText))
        } else {
            guard let colon = text.lastIndex(of: ":") else { throw .portMissing }
            hostText = text[..<colon]
            portText = text[text.index(after: colon)...]
            if hostText.contains(":") { throw .bracketsMissing }
            host = try Self.version4OrName(hostText)
        }
        let digits = portText.utf8
        guard (1...5).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }),
            let port = UInt16(portText)
        else { throw .portInvalid }
        self.port = port
    }

    /// The host as it is written on its own, without brackets.
    public var hostText: String {
        switch host {
        case .v4(let bytes): bytes.map(String.init).joined(separator: ".")
        case .v6(let bytes): Self.text(version6: bytes)
        case .name(let name): name
        }
    }

    public var description: String {
        if case .v6 = host { return "[\(hostText)]:\(port)" }
        return "\(hostText):\(port)"
    }

    /// True for 0.0.0.0 and ::, which mean every address of this machine and are no address to publish.
    public var isUnspecified: Bool {
        switch host {
        case .v4(let bytes), .v6(let bytes): bytes.allSatisfy { $0 == 0 }
        case .name: false
        }
    }

    /// True when only this machine can reach it.
    public var isLoopback: Bool {
        switch host {
        case .v4(let bytes): bytes.first == 127
        case .v6(let bytes): bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        case .name(let name): name == "localhost"
        }
    }

    private static func version6(_ text: Substring) throws(HostPortFault) -> [UInt8] {
        if text.contains("%") { throw .zoneNotSupported }
        var address = in6_addr()
        guard !text.utf8.contains(0), inet_pton(AF_INET6, String(text), &address) == 1 else { throw .addressInvalid }
        return withUnsafeBytes(of: &address) { Array($0) }
    }

    private static func version4OrName(_ text: Substring) throws(HostPortFault) -> Host {
        guard !text.isEmpty else { throw .hostMissing }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        // What ends in a number is meant as an address, and "127.1" or "010.0.0.1" mean different things
        // to different resolvers: four plain numbers or nothing.
        if let last = labels.last, !last.isEmpty, last.utf8.allSatisfy({ (48...57).contains($0) }) {
            let bytes = labels.compactMap { $0.count > 1 && $0.hasPrefix("0") ? nil : UInt8($0) }
            guard labels.count == 4, bytes.count == 4, labels.allSatisfy({ !$0.hasPrefix("+") }) else {
                throw .addressInvalid
            }
            return .v4(bytes)
        }
        guard text.utf8.count <= 253, labels.allSatisfy(isLabel) else { throw .nameInvalid }
        return .name(text.lowercased())
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func text(version6 bytes: [UInt8]) -> String {
        guard bytes.count == 16 else { return "" }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What can be wrong with a host and port.
public enum HostPortFault: Error, Hashable, Sendable, CustomStringConvertible {
    case hostMissing
    case portMissing
    case portInvalid
    case unclosedBracket
    case bracketsMissing
    case zoneNotSupported
    case addressInvalid
    case nameInvalid

    public var description: String {
        switch self {
        case .hostMissing: "the host before the colon is missing"
        case .portMissing: "the port is missing; write HOST:PORT"
        case .portInvalid: "the port is not a number from 0 to 65535"
        case .unclosedBracket: "the bracket after [ is missing"
        case .bracketsMissing: "an IPv6 address needs brackets, as in [::1]:4700"
        case .zoneNotSupported: "an IPv6 address with a zone (%) cannot be used"
        case .addressInvalid: "the numeric address is not valid"
        case .nameInvalid: "the host name has characters or lengths that no name has"
        }
    }
}
