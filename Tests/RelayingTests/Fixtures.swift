// What the tests of this target are made of: policies, identities, records, requests.

import Essentials
import Identity
import Noise
import Relaying
import Sodium
import Testing
import Wire

enum Fixtures {
    /// The wall clock of every test at its start.
    static let wall = WallTime(milliseconds: 1_790_000_000_000)

    static func policy(_ name: String = "local-test") throws -> NetworkPolicy {
        try #require(NetworkPolicy.named(name))
    }

    /// 127.0.0.1, port 10000 + index: in a local mesh each a subnet of its own.
    static func endpoint(_ index: Int) -> Endpoint { .v4(0x7F00_0001, port: UInt16(10_000 + index)) }

    /// An address that the mesh allows, each in a wide subnet of its own.
    static func endpoint(_ index: Int, in policy: NetworkPolicy) -> Endpoint {
        switch policy.kind {
        case .local: endpoint(index)
        case .lan: .v4(0x0A00_0001 | UInt32(clamping: index) << 8, port: 4_700)
        case .open: .v4(0x0900_0001 | UInt32(clamping: index) << 16, port: 4_700)
        }
    }

    static func random(_ seed: UInt8) -> RandomStream {
        RandomStream(seed: Blake2b.hash([seed]))
    }

    static func record(
        of identity: borrowing NodeIdentity, policy: NetworkPolicy, at endpoints: [Endpoint]
    ) throws -> Signed {
        let puzzle = try PuzzleSolution(
            month: Puzzle.month(at: wall, policy: policy), nonce: [UInt8](repeating: 0, count: 16))
        return try NodeRecord.make(
            identity: identity, policy: policy, seq: wall.milliseconds, expires: wall + .hours(20),
            addresses: endpoints, capabilities: Capability.all, puzzle: puzzle)
    }

    static func deposit(_ byte: UInt8 = 7) throws -> Request {
        .deposit(
            try Deposit(
                offer: [UInt8](repeating: byte, count: 200), index: 1, share: Blake2b.hash([byte]), path: [],
                bodies: true))
    }

    static func join(_ byte: UInt8) -> Request { .join(Join(token: Blake2b.hash([byte]))) }
    static func receipt(_ code: UInt32 = 1) -> Answer { .receipt(Receipt(code: code)) }

    /// Bytes that differ from each other over a long distance.
    static func pattern(_ count: Int, salt: UInt8 = 0) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(salt) + 1)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = generator.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return Array(bytes.prefix(count))
    }
}
