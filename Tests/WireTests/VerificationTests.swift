// Unverified values become verified ones in one way.

import Testing

@testable import Wire

@Suite("verification")
struct VerificationTests {
    private struct Even: Verifiable, Hashable {
        let number: Int

        struct Odd: Error, Equatable {
            let number: Int
        }

        func check(in most: Int) throws(Odd) {
            guard number.isMultiple(of: 2), number <= most else { throw Odd(number: number) }
        }
    }

    @Test("a value that holds comes out verified")
    func holds() throws {
        let verified = try Unverified(Even(number: 4)).verify(in: 10)
        #expect(verified.number == 4)
        #expect(verified.value == Even(number: 4))
    }

    @Test("a value that does not hold does not come out", arguments: [3, 12])
    func fails(number: Int) {
        #expect(throws: Even.Odd(number: number)) { try Unverified(Even(number: number)).verify(in: 10) }
    }

    @Test("what a value claims can be read before it is verified")
    func claims() {
        #expect(Unverified(Even(number: 3)).claimed(\.number) == 3)
    }
}
