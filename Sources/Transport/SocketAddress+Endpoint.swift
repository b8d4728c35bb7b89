// Between NIO's addresses and the wire's.

internal import NIOCore
internal import Wire

extension SocketAddress {
    init?(_ endpoint: Endpoint) {
        let bytes: [UInt8]
        switch endpoint {
        case .v4(let address, _): bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: address >> UInt32($0)) }
        case .v6(let address, _): bytes = address.bytes
        }
        guard let address = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: Int(endpoint.port))
        else { return nil }
        self = address
    }

    /// Nil for addresses that are no IP addresses. An IPv4 address that came through an IPv6 socket (::ffff:a.b.c.d) is
    /// what it was, so that nobody counts twice.
    var endpoint: Endpoint? {
        guard let port = UInt16(exactly: port ?? -1) else { return nil }
        switch self {
        case .v4(let address):
            // sockaddr_in: family 2 ‖ port 2 ‖ address 4
            let bytes = withUnsafeBytes(of: address.address) { Array($0[4..<8]) }
            return .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) }, port: port)
        case .v6(let address):
            // sockaddr_in6: family 2 ‖ port 2 ‖ flow 4 ‖ address 16 ‖ scope 4
            guard let whole = Address6(withUnsafeBytes(of: address.address) { Array($0[8..<24]) }) else { return nil }
            if whole.high == 0, whole.low >> 32 == 0xFFFF {
                return .v4(UInt32(truncatingIfNeeded: whole.low), port: port)
            }
            return .v6(whole, port: port)
        case .unixDomainSocket:
            return nil
        }
    }
}
