// Bytes in one direction through home, door and home. A leaf may send 8 MiB before its home slows it down, so a run has
// as many paths as it needs and uses them one after the other: the members keep their own limits.

import Essentials
import NIOCore
import Sodium
import Wire

/// `Bulk.frame` bytes of use in each frame of a conversation, which has its class's size and a length before it.
final class Bulk {
    /// What one leaf sends: within the burst that every home grants.
    private static let bytesOfOnePath = 7 << 20

    private let payload: Int
    private let framed: [UInt8]
    private var paths: [Path] = []
    private var left: Int
    private var begun = NIODeadline.now()

    init(
        _ members: Members, payload: Int, class size: Int, megabytes: Int, on loop: any EventLoop,
        ready: @escaping (Bulk) -> Void
    ) {
        self.payload = payload
        var random = RandomStream(seed: SystemEntropy.seed())
        framed = random.bytes(count: size + 2)
        let framesOfOnePath = Self.bytesOfOnePath / framed.count
        let count = max(1, megabytes * 1_000_000 / (framesOfOnePath * payload))
        left = count
        var waiting = count
        for _ in 0..<count {
            paths.append(
                Path(members, on: loop) { [unowned self] in
                    waiting -= 1
                    if waiting == 0 { ready(self) }
                })
        }
    }

    func go() {
        begun = NIODeadline.now()
        push()
    }

    private func push() {
        guard left > 0 else {
            let frames = paths.count * (Self.bytesOfOnePath / framed.count)
            say("{\"bytes\":\(frames * payload),\"s\":\(seconds(since: begun))}")
            return
        }
        left -= 1
        let path = paths[left]
        let (sender, receiver) = (path.ends[0], path.ends[1])
        var token = RandomStream(seed: SystemEntropy.seed())
        let shared = token.bytes32()
        var toSend = Self.bytesOfOnePath / framed.count
        var toCome = toSend * framed.count
        let framed = framed
        let fill = {
            while toSend > 0, sender.room >= framed.count {
                toSend -= 1
                sender.write(framed)
            }
        }
        receiver.onAnswer = { code in
            guard code == .waiting else { stop("the door answered \(code)") }
            sender.join(shared)
        }
        sender.onAnswer = { code in
            guard code == .joined else { stop("the door answered \(code)") }
            fill()
        }
        sender.onRoom = fill
        receiver.onBytes = { [unowned self] bytes in
            toCome -= bytes.count
            if toCome == 0 { push() }
        }
        receiver.join(shared)
    }
}
