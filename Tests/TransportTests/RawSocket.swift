// The other side as the system has it: a blocking socket that does exactly what it is told, also rude things.

import Glibc
import Wire

final class RawSocket {
    let descriptor: Int32
    private var isOpen = true

    struct Problem: Error, CustomStringConvertible {
        let code: Int32
        var description: String { String(cString: strerror(code)) }
    }

    init(receiveBuffer: Int32? = nil) throws {
        descriptor = try Self.checked(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close() }

    /// Connects from an address of this machine, 127.0.0.1 unless told.
    convenience init(to endpoint: Endpoint, from last: UInt8 = 1) throws {
        try self.init()
        try connect(to: endpoint, from: last)
    }

    func connect(to endpoint: Endpoint, from last: UInt8 = 1) throws {
        guard case .v4(let address, let port) = endpoint else { throw Problem(code: EAFNOSUPPORT) }
        try bind(last: last, port: 0)
        try Self.with(address, port) { try Self.checked(Glibc.connect(descriptor, $0, $1)) }
    }

    func bind(last: UInt8, port: UInt16) throws {
        try Self.with(0x7F00_0000 | UInt32(last), port) { try Self.checked(Glibc.bind(descriptor, $0, $1)) }
    }

    func listen(backlog: Int32) throws { try Self.checked(Glibc.listen(descriptor, backlog)) }

    var localPort: UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let flags = Int32(MSG_NOSIGNAL)
            sent += try Self.checked(
                bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) })
        }
    }

    /// What there is, at most `count` bytes; empty at the end.
    func receive(atMost count: Int = 65_536) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let received = try Self.checked(recv(descriptor, &bytes, count, 0))
        return Array(bytes[..<received])
    }

    func receive(exactly count: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count {
            let more = try receive(atMost: count - all.count)
            guard !more.isEmpty else { throw Problem(code: EPIPE) }
            all += more
        }
        return all
    }

    /// Whether exactly these bytes come before the end. Not the bytes themselves, which would flood a test's report.
    func receivesToEnd(_ expected: [UInt8]) throws -> Bool {
        var all: [UInt8] = []
        while true {
            let more = try receive()
            if more.isEmpty { return all == expected }
            all += more
        }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        if isOpen { Glibc.close(descriptor) }
        isOpen = false
    }

    /// Ends with a reset instead of in good order.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    @discardableResult
    private static func with<Answer>(
        _ address: UInt32, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Answer
    ) throws -> Answer {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = address.bigEndian
        name.sin_port = port.bigEndian
        return try withUnsafePointer(to: &name) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    @discardableResult
    static func checked<Number: SignedInteger>(_ answer: Number) throws -> Number {
        guard answer >= 0 else { throw Problem(code: errno) }
        return answer
    }
}
