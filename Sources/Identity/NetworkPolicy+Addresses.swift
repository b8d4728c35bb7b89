// Which addresses a mesh accepts, and which of them count as one neighbourhood: whoever has one address of a
// subnet easily has more, so places are given out by subnet. See Protocol/01-identity.md.

internal import Essentials
public import Wire

/// A neighbourhood of addresses. Comparable, so that it can be walked in an order.
public struct Subnet: Hashable, Comparable, Sendable {
    /// Whether this is the wider of the two neighbourhoods of its addresses.
    public let isWide: Bool
    private let family: UInt8
    private let high: UInt64
    private let low: UInt64

    fileprivate init(family: UInt8, high: UInt64 = 0, low: UInt64, isWide: Bool = false) {
        self.isWide = isWide
        self.family = family
        self.high = high
        self.low = low
    }

    public static func < (left: Subnet, right: Subnet) -> Bool {
        (left.isWide ? 1 : 0, left.family, left.high, left.low)
            < (right.isWide ? 1 : 0, right.family, right.high, right.low)
    }

    /// 18 bytes that name it, for a keyed hash: width, family, and the address's beginning, big-endian.
    public var encoded: [UInt8] { [isWide ? 1 : 0, family] + high.bigEndianBytes + low.bigEndianBytes }
}

extension NetworkPolicy {
    /// One machine: the port. A private network: the host. The open mesh: /24 for IPv4, /48 for IPv6.
    public func subnet(of endpoint: Endpoint) -> Subnet {
        switch (kind, endpoint) {
        case (.local, _): Subnet(family: 0, low: UInt64(endpoint.port))
        case (.lan, .v4(let address, _)): Subnet(family: 4, low: UInt64(address))
        case (.lan, .v6(let address, _)): Subnet(family: 6, high: address.high, low: address.low)
        case (.open, .v4(let address, _)): Subnet(family: 4, low: UInt64(address >> 8))
        case (.open, .v6(let address, _)): Subnet(family: 6, low: address.high >> 16)
        }
    }

    /// The wider neighbourhood, which one provider or one owner of addresses often holds as a whole. One machine: 256
    /// ports. A private network: /24, or /64 for IPv6. The open mesh: /16 for IPv4, /32 for IPv6.
    public func wideSubnet(of endpoint: Endpoint) -> Subnet {
        switch (kind, endpoint) {
        case (.local, _): Subnet(family: 0, low: UInt64(endpoint.port >> 8), isWide: true)
        case (.lan, .v4(let address, _)): Subnet(family: 4, low: UInt64(address >> 8), isWide: true)
        case (.lan, .v6(let address, _)): Subnet(family: 6, low: address.high, isWide: true)
        case (.open, .v4(let address, _)): Subnet(family: 4, low: UInt64(address >> 16), isWide: true)
        case (.open, .v6(let address, _)): Subnet(family: 6, low: address.high >> 32, isWide: true)
        }
    }

    /// Whether a member of this mesh may be at `endpoint`. Nobody is made to call an address that belongs
    /// to another kind of network.
    public func allows(_ endpoint: Endpoint) -> Bool {
        guard endpoint.port != 0 else { return false }
        switch endpoint {
        case .v4(let address, _):
            return AddressRange.kind(of: address) == kind
        case .v6(let address, _):
            return AddressRange.kind(of: address) == kind
        }
    }
}

/// Ranges of the IANA special-purpose registries.
private enum AddressRange {
    private static func isIn(_ address: UInt32, _ base: UInt32, _ length: UInt32) -> Bool {
        (address ^ base) >> (32 - length) == 0
    }

    private static func isIn(_ address: Address6, _ base: UInt64, _ length: UInt64) -> Bool {
        (address.high ^ base) >> (64 - length) == 0
    }

    private static let private4: [(UInt32, UInt32)] = [
        (0x0A00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16), (0xA9FE_0000, 16), (0x6440_0000, 10),
    ]

    /// This network, protocol assignments, documentation, relays, benchmarks, multicast, reserved.
    private static let unusable4: [(UInt32, UInt32)] = [
        (0x0000_0000, 8), (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC612_0000, 15),
        (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
    ]

    /// Protocol assignments with Teredo, documentation (two ranges), 6to4.
    private static let unusable6: [(UInt64, UInt64)] = [
        (0x2001_0000_0000_0000, 23), (0x2001_0DB8_0000_0000, 32), (0x2002_0000_0000_0000, 16),
        (0x3FFF_0000_0000_0000, 20),
    ]

    /// The kind of mesh in which an address has a meaning; nil if in none.
    static func kind(of address: UInt32) -> NetworkPolicy.Kind? {
        if isIn(address, 0x7F00_0000, 8) { return .local }
        if private4.contains(where: { isIn(address, $0.0, $0.1) }) { return .lan }
        return unusable4.contains { isIn(address, $0.0, $0.1) } ? nil : .open
    }

    /// The same for IPv6: loopback, unique local, and global unicast without its special ranges. Link-local
    /// addresses need a zone, which means nothing to anybody else.
    static func kind(of address: Address6) -> NetworkPolicy.Kind? {
        if address.high == 0, address.low == 1 { return .local }
        if isIn(address, 0xFC00_0000_0000_0000, 7) { return .lan }
        guard isIn(address, 0x2000_0000_0000_0000, 3) else { return nil }
        return unusable6.contains { isIn(address, $0.0, $0.1) } ? nil : .open
    }
}
