// Requests and answers in blocks of one size.

import Essentials
import Testing

@testable import Wire

@Suite("blocks")
struct BlockTests {
    private func requests() throws -> [Request] {
        let small = try Deposit(offer: [1], index: 0, share: bytes32(1), path: [], bodies: false)
        let large = try Deposit(
            offer: [UInt8](repeating: 1, count: 256), index: 8, share: bytes32(1),
            path: [Bytes32](repeating: bytes32(2), count: 4), bodies: true)
        return [.join(Join(token: bytes32(3))), .deposit(small), .deposit(large)]
    }

    @Test("every request fills 768 bytes, every answer 64")
    func sizes() throws {
        for request in try requests() {
            #expect(request.block().count == 768)
            #expect(try Request(block: request.block()) == request)
        }
        for answer in [Answer.receipt(Receipt(code: .max)), .join(JoinAnswer(code: .joined))] {
            #expect(answer.block().count == 64)
            #expect(try Answer(block: answer.block()) == answer)
        }
    }

    @Test("the block begins with the length of the encoding")
    func layout() {
        let block = Answer.receipt(Receipt(code: 5)).block()
        #expect(Array(block.prefix(6)) == [0, 4, 0x0A, 2, 8, 5])
    }

    @Test("a block of another size is refused")
    func wrongSize() throws {
        let block = Request.join(Join(token: bytes32(3))).block()
        #expect(throws: WireFault.malformed) { try Request(block: Array(block.dropLast())) }
        #expect(throws: WireFault.malformed) { try Request(block: block + [0]) }
        #expect(throws: WireFault.malformed) { try Request(block: []) }
        #expect(throws: WireFault.malformed) { try Answer(block: [0]) }
    }

    @Test("what fills the block up is zero")
    func padding() throws {
        let block = Request.join(Join(token: bytes32(3))).block()
        for index in [2 + 36, 100, 767] {
            var changed = block
            changed[index] = 1
            #expect(throws: WireFault.malformed) { try Request(block: changed) }
        }
    }

    @Test("a length beyond the block is refused")
    func lengths() {
        var block = Answer.receipt(Receipt(code: 5)).block()
        for length in [(0, 63), (0, 255), (255, 255)] as [(UInt8, UInt8)] {
            block[0] = length.0
            block[1] = length.1
            #expect(throws: WireFault.malformed) { try Answer(block: block) }
        }
    }

    @Test("no flipped bit of a block traps")
    func flips() throws {
        for request in try requests() {
            let block = request.block()
            for index in block.indices {
                for bit in 0..<8 {
                    var changed = block
                    changed[index] ^= 1 << UInt8(bit)
                    if let decoded = try? Request(block: changed) { #expect(decoded.block().count == 768) }
                }
            }
        }
    }
}
