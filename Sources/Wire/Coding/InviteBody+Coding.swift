// An invite's body in bytes. A fixed layout, see Protocol/01-identity.md:
//
//     version u8 ‖ expires u32 ‖ name length u8 ‖ name ‖ kinds u8 ‖ entries
//
// kinds: bits 0–1 the number of entries, bit 2 + i set when entry i has an IPv6 address, the rest zero.
// entry: address (4 or 16) ‖ port u16 ‖ fingerprint (16).

internal import Essentials

extension InviteBody {
    public static let limits = WireLimits(bytes: 141, fields: 10, depth: 1)

    public init(decoding bytes: [UInt8]) throws(WireFault) {
        guard bytes.count <= Self.limits.bytes else { throw .tooLarge }
        var rest = bytes[...]
        func take(_ count: Int) throws(WireFault) -> [UInt8] {
            guard count <= rest.count else { throw .malformed }
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        let version = try take(1)[0]
        try require(version == Self.currentVersion, "InviteBody.version")
        let expires = try take(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let name = String(validating: try take(Int(try take(1)[0])), as: UTF8.self) else {
            throw .malformed
        }
        let kinds = try take(1)[0]
        let count = Int(kinds & 3)
        guard kinds >> UInt8(2 + count) == 0 else { throw .malformed }
        var entries: [InviteEntry] = []
        for index in 0..<count {
            let isV6 = kinds >> UInt8(2 + index) & 1 == 1
            guard let endpoint = Endpoint(bytes: try take(isV6 ? 18 : 6)) else {
                throw .fieldOutOfRange("InviteEntry.endpoint")
            }
            entries.append(
                try InviteEntry(endpoint: endpoint, fingerprint: take(InviteEntry.fingerprintCount)))
        }
        guard rest.isEmpty else { throw .malformed }
        try self.init(version: version, networkName: name, expires: expires, entries: entries)
    }

    public func encoded() -> [UInt8] {
        var kinds = UInt8(truncatingIfNeeded: entries.count)
        for (index, entry) in entries.enumerated() {
            if case .v6 = entry.endpoint { kinds |= 4 << UInt8(index) }
        }
        var bytes = [version] + UInt32(truncatingIfNeeded: expires).bigEndianBytes
        bytes += [UInt8(truncatingIfNeeded: networkName.utf8.count)] + Array(networkName.utf8) + [kinds]
        for entry in entries { bytes += entry.endpoint.bytes + entry.fingerprint }
        return bytes
    }

    /// How long a body is that begins with these bytes; nil while they do not say so yet.
    public static func announcedCount(of bytes: [UInt8]) -> Int? {
        guard bytes.count > 5 else { return nil }
        let kindsAt = 6 + Int(bytes[5])
        guard bytes.count > kindsAt else { return nil }
        let kinds = bytes[kindsAt]
        return (0..<UInt8(kinds & 3)).reduce(kindsAt + 1) { count, index in
            count + (kinds >> (2 + index) & 1 == 1 ? 18 : 6) + InviteEntry.fingerprintCount
        }
    }
}
