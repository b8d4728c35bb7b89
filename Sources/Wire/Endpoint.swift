// Where a member can be reached: an address and a port, always numeric. Names are never looked up, since a
// lookup would tell a third party who wants to reach whom.

internal import Essentials

/// An IP address with a TCP port.
public enum Endpoint: Hashable, Comparable, Sendable {
    /// The address as a big-endian number: 127.0.0.1 is 0x7F00_0001.
    case v4(UInt32, port: UInt16)
    case v6(Address6, port: UInt16)

    public var port: UInt16 {
        switch self {
        case .v4(_, let port), .v6(_, let port): port
        }
    }

    /// IPv4 before IPv6, then by address, then by port.
    public static func < (left: Endpoint, right: Endpoint) -> Bool {
        switch (left, right) {
        case (.v4(let one, let onePort), .v4(let other, let otherPort)): (one, onePort) < (other, otherPort)
        case (.v6(let one, let onePort), .v6(let other, let otherPort)): (one, onePort) < (other, otherPort)
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }
}

/// An IPv6 address: 128 bits, no zone.
public struct Address6: Hashable, Comparable, Sendable {
    /// The first eight bytes as a big-endian number: the network half.
    public let high: UInt64
    /// The last eight bytes as a big-endian number.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Nil unless there are exactly 16 bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(high: UInt64(bigEndianBytes: bytes.prefix(8)), low: UInt64(bigEndianBytes: bytes.suffix(8)))
    }

    /// The 16 bytes in network order.
    public var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

    public static func < (left: Address6, right: Address6) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension Endpoint {
    /// The fixed layout: address (4 or 16 bytes) ‖ port, big-endian.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let address, let port): address.bigEndianBytes + port.bigEndianBytes
        case .v6(let address, let port): address.bytes + port.bigEndianBytes
        }
    }

    /// Reads the fixed layout: 6 or 18 bytes. Nil for any other length and for port 0.
    public init?(bytes: some Collection<UInt8>) {
        let all = Array(bytes)
        guard all.count == 6 || all.count == 18 else { return nil }
        let port = UInt16(bigEndianBytes: all.suffix(2))
        guard port != 0 else { return nil }
        if all.count == 6 {
            self = .v4(UInt32(bigEndianBytes: all[0..<4]), port: port)
        } else if let address = Address6(all[0..<16]) {
            self = .v6(address, port: port)
        } else {
            return nil
        }
    }
}
