// A node, a mesh and a time for the tests of this target.

import Essentials
import Sodium
import Wire

@testable import Identity

/// Noon of some day, far from a change of the puzzle's month.
let now = WallTime(milliseconds: 690 * 2_592_000_000 + 10 * 86_400_000)

func policy(_ name: String = "main") throws -> NetworkPolicy {
    guard let policy = NetworkPolicy.named(name) else { throw NoSuchNetwork() }
    return policy
}

struct NoSuchNetwork: Error {}

func identity(_ seed: UInt8 = 1) -> NodeIdentity {
    var random = RandomStream(seed: bytes32(seed))
    return NodeIdentity.generate(using: &random)
}

func bytes32(_ byte: UInt8) -> Bytes32 { Bytes32([UInt8](repeating: byte, count: 32)) ?? .zero }

func solution(month: UInt32 = 690) throws -> PuzzleSolution {
    try PuzzleSolution(month: month, nonce: [UInt8](repeating: 0, count: 16))
}

let address = Endpoint.v4(0x0102_0304, port: 4_242)

extension Signed {
    /// The same with one bit of the body or of the signature flipped.
    func flipped(bit: Int) throws -> Signed {
        var body = body
        var signature = signature
        if bit < body.count * 8 {
            body[bit / 8] ^= 1 << UInt8(bit % 8)
        } else {
            signature[bit / 8 - body.count] ^= 1 << UInt8(bit % 8)
        }
        return try Signed(body: body, signature: signature)
    }
}
