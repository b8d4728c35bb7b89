// Writes down everything that passes the wires of one network namespace, in both directions and of any protocol.

import Foundation
import Synchronization

/// A packet socket (packet(7)) over all interfaces of a namespace. It needs root.
final class WireTap: Sendable {
    struct Counted: Sendable {
        let taken: Int
        /// What the kernel had no room for: with any, the tap has not seen everything.
        let lost: Int
    }

    let name: String
    private let descriptor: Int32
    private let state = Mutex((packets: [WirePacket](), lost: 0))

    /// - Parameter namespace: a name that ip-netns(8) knows.
    init(_ name: String, inside namespace: String) throws {
        self.name = name
        descriptor = try Self.open(inside: namespace)
        let thread = Thread { [weak self, descriptor] in
            // Ends when nobody holds the tap any more.
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard let self else { break }
                if count > 0 { self.take(Array(buffer[..<count])) }
            }
            close(descriptor)
        }
        thread.start()
    }

    var packets: [WirePacket] { state.withLock { $0.packets } }

    /// How much was seen so far.
    func count() -> Counted {
        // PACKET_STATISTICS of SOL_PACKET: two numbers, which reading sets back to 0.
        var statistics: [UInt32] = [0, 0]
        var size = socklen_t(8)
        let isRead = getsockopt(descriptor, 263, 6, &statistics, &size) == 0
        return state.withLock {
            $0.lost += isRead ? Int(statistics[1]) : 1
            return Counted(taken: $0.packets.count, lost: $0.lost)
        }
    }

    private func take(_ bytes: [UInt8]) {
        let packet = WirePacket(bytes)
        state.withLock { $0.packets.append(packet) }
    }

    /// A socket belongs to the namespace in which it was made: a thread goes there, makes it, and ends.
    private static func open(inside namespace: String) throws -> Int32 {
        let result = Mutex<Result<Int32, Missing>?>(nil)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            let outcome = make(inside: namespace)
            result.withLock { $0 = outcome }
            done.signal()
        }
        thread.start()
        done.wait()
        guard let outcome = result.withLock({ $0 }) else { throw Missing("a thread for \(namespace)") }
        return try outcome.get()
    }

    private static func make(inside namespace: String) -> Result<Int32, Missing> {
        typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
        // The system library's setns(2), which Swift's Glibc module does not show.
        guard let symbol = dlsym(nil, "setns") else { return .failure(Missing("setns")) }
        let setNamespace = unsafeBitCast(symbol, to: SetNamespace.self)
        let place = Glibc.open("/var/run/netns/\(namespace)", O_RDONLY)
        guard place >= 0 else { return .failure(Missing("the namespace \(namespace): errno \(errno)")) }
        defer { close(place) }
        guard setNamespace(place, 0) == 0 else { return .failure(Missing("setns \(namespace): errno \(errno)")) }
        // All protocols: ETH_P_ALL in network order.
        let descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue), Int32(UInt16(3).bigEndian))
        guard descriptor >= 0 else { return .failure(Missing("a packet socket: errno \(errno)")) }
        var room: Int32 = 256 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, socklen_t(MemoryLayout<Int32>.size))
        var patience = timeval(tv_sec: 0, tv_usec: 100_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        return .success(descriptor)
    }
}
