// A client of the control socket that says exactly the bytes it is told to.

import Dispatch
import Glibc

final class RawClient: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "raw client")

    /// Nil when nobody listens there.
    init?(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Writes everything; false when the other side has hung up.
    @discardableResult
    func write(_ text: String) async -> Bool { await write(Array(text.utf8)) }

    @discardableResult
    func write(_ bytes: [UInt8]) async -> Bool {
        await withCheckedContinuation { continuation in
            queue.async { [descriptor] in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = send(descriptor, Array(rest), rest.count, Int32(MSG_NOSIGNAL))
                    guard count > 0 else { return continuation.resume(returning: false) }
                    rest = rest.dropFirst(count)
                }
                continuation.resume(returning: true)
            }
        }
    }

    func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What comes until there are so many lines or the other side hangs up. `isOver` says that it did.
    func read(lines: Int = .max, within seconds: Double = 30) async -> (lines: [String], isOver: Bool) {
        await withCheckedContinuation { continuation in
            queue.async { [descriptor] in
                let end = ContinuousClock.now + .seconds(seconds)
                var bytes: [UInt8] = []
                var isOver = false
                while bytes.count(where: { $0 == 10 }) < lines, ContinuousClock.now < end {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    guard poll(&waiting, 1, 50) > 0 else { continue }
                    var piece = [UInt8](repeating: 0, count: 4_096)
                    let count = recv(descriptor, &piece, piece.count, 0)
                    guard count > 0 else {
                        isOver = true
                        break
                    }
                    bytes += piece[..<count]
                }
                let text = String(decoding: bytes, as: UTF8.self)
                continuation.resume(returning: (text.split(separator: "\n").map(String.init), isOver))
            }
        }
    }
}
