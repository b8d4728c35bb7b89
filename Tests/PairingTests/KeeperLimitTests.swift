import Essentials
import Identity
@testable import Pairing
import Sodium
import Testing
import Wire

@Suite("A keeper is bounded")
struct KeeperLimitTests {
    private let round = KeeperBench.round

    @Test("one link brings 64 deposits a round, others are not touched by that")
    func perLink() throws {
        let bench = KeeperBench()
        for _ in 0..<64 {
            let offer = try bench.maker.offer(round: round)
            #expect(bench.deposit(try bench.made(offer), at: 300).0 == .accepted)
        }
        let more = try bench.maker.offer(round: round)
        #expect(bench.deposit(try bench.made(more), at: 300).0 == .busy)
        #expect(bench.deposit(try bench.made(more), via: 2, at: 300).0 == .accepted)
        let next = try bench.maker.offer(round: round + 1)
        #expect(bench.deposit(try bench.made(next), at: 1_300).0 == .accepted)
    }

    @Test("the links of one subnet bring so many deposits a round together, others are not touched by that")
    func perSubnet() throws {
        var parameters = PairingParameters()
        parameters.depositsPerSubnet = 3
        let bench = KeeperBench(parameters: parameters)
        func deposit(via link: UInt64, from host: UInt32?, round: UInt64) throws -> ReceiptCode? {
            let deposit = try bench.made(try bench.maker.offer(round: round))
            let arrival = DepositID(number: 1_000 + link)
            let milliseconds = Int64(round - self.round) * 1_000 + 300
            let subnet = host.map {
                testPolicy.wideSubnet(of: .v4(0x7F00_0001, port: UInt16(truncatingIfNeeded: $0 << 8)))
            }
            return bench.code(
                bench.handle(.depositReceived(arrival, via: link, from: subnet, deposit), at: milliseconds))
        }
        for link in 0..<3 as Range<UInt64> { #expect(try deposit(via: link, from: 7, round: round) == .accepted) }
        #expect(try deposit(via: 3, from: 7, round: round) == .busy)
        #expect(try deposit(via: 4, from: 8, round: round) == .accepted)
        #expect(try deposit(via: 5, from: nil, round: round) == .accepted)
        #expect(try deposit(via: 6, from: 7, round: round + 1) == .accepted)
        #expect(bench.member.keeper.subnets.count == 1, "subnets of earlier rounds are not remembered")
    }

    @Test("deposits that are refused count against the link as well")
    func refusedCount() throws {
        var parameters = PairingParameters()
        parameters.depositsPerLink = 3
        let bench = KeeperBench(parameters: parameters)
        let noise = try Deposit(offer: [1], index: 0, share: .zero, path: [], bodies: true)
        for _ in 0..<3 { #expect(bench.deposit(noise, at: 300).0 == .malformed) }
        #expect(bench.deposit(noise, at: 300).0 == .busy)
    }

    @Test("a link with sixteen bad stamps in a round is not listened to until the next")
    func badStampsPerLink() throws {
        let bench = KeeperBench()
        for _ in 0..<16 {
            let key = bench.maker.key()
            let bad = try bench.maker.offer(
                round: round, key: key, stamp: try bench.maker.badStamp(for: key.key.publicKey, epoch: round / 60))
            #expect(bench.deposit(try bench.made(bad), at: 300).0 == .badStamp)
        }
        let good = try bench.maker.offer(round: round)
        #expect(bench.deposit(try bench.made(good), at: 300).0 == .busy)
        #expect(bench.deposit(try bench.made(good), via: 2, at: 300).0 == .accepted)
        let next = try bench.maker.offer(round: round + 1)
        #expect(bench.deposit(try bench.made(next), at: 1_300).0 == .accepted)
    }

    @Test("a round holds so many offers, a second sees so many deposits and computes so many stamps")
    func totals() throws {
        var parameters = PairingParameters()
        parameters.depositsPerRound = 2
        let full = KeeperBench(parameters: parameters)
        for (place, code) in [ReceiptCode.accepted, .accepted, .full].enumerated() {
            let offer = try full.maker.offer(round: round)
            #expect(full.deposit(try full.made(offer), via: UInt64(place), at: 300).0 == code)
        }
        parameters = PairingParameters()
        parameters.depositCheckBurst = 1
        parameters.depositChecksPerSecond = 0
        let hurried = KeeperBench(parameters: parameters)
        for code in [ReceiptCode.accepted, .busy] {
            #expect(hurried.deposit(try hurried.made(try hurried.maker.offer(round: round)), at: 300).0 == code)
        }
        parameters = PairingParameters()
        parameters.stampCheckBurst = 1
        parameters.stampChecksPerSecond = 0
        let stingy = KeeperBench(parameters: parameters)
        let key = stingy.maker.key()
        for (offset, code) in [(UInt64(0), ReceiptCode.accepted), (1, .accepted)] {
            // The same stamp again costs nothing.
            let offer = try stingy.maker.offer(round: round + offset, key: key)
            #expect(stingy.deposit(try stingy.made(offer), at: Int64(offset) * 1_000 + 300).0 == code)
        }
        #expect(stingy.deposit(try stingy.made(try stingy.maker.offer(round: round + 1)), at: 1_300).0 == .busy)
    }

    @Test("links of earlier rounds are not remembered")
    func oldLinks() throws {
        let bench = KeeperBench()
        let noise = try Deposit(offer: [1], index: 0, share: .zero, path: [], bodies: true)
        for second in 0..<5 as Range<Int64> {
            for link in 0..<10 as Range<UInt64> { bench.deposit(noise, via: link, at: second * 1_000 + 300) }
            #expect(bench.member.keeper.links.count == 10)
        }
    }

    @Test("stamps are forgotten with their epoch")
    func oldStamps() throws {
        let bench = KeeperBench()
        for minute in 0..<4 as Range<UInt64> {
            let offer = try bench.maker.offer(round: round + minute * 60)
            let begin = Int64(minute) * 60_000
            #expect(bench.deposit(try bench.made(offer), at: begin + 300).0 == .accepted)
            bench.handle(.timerFired, at: begin + 1_200)
            bench.handle(.timerFired, at: begin + 4_200)
            #expect(bench.member.keeper.stamps.count == min(2, Int(minute) + 1))
        }
    }

    @Test("the memory for stamps is bounded and forgets the oldest")
    func stampMemory() {
        var memory = StampMemory(capacity: 4)
        func name(_ number: UInt8) -> StampMemory.Name { .init(key: .zero, epoch: 1, nonce: [number]) }
        for number in 0..<11 as Range<UInt8> {
            memory.remember(name(number), value: .zero, round: 1)
            memory.remember(name(number), value: .zero, round: 9)
            #expect(memory.count <= 4)
            #expect(memory.entry(of: name(number))?.firstRound == 1)
            #expect(number < 2 || memory.entry(of: name(number - 1)) != nil)
        }
        #expect(memory.entry(of: name(6)) == nil)
        memory.forget(before: 2)
        #expect(memory.count == 0)
    }

    @Test("a second deposit on one pipe is refused, and the first stays")
    func twoOnOnePipe() throws {
        let bench = KeeperBench()
        let first = try bench.maker.offer(round: round), second = try bench.maker.offer(round: round)
        let arrival = DepositID(number: 77)
        for (offer, code) in [(first, ReceiptCode.accepted), (second, .busy)] {
            let deposit = try bench.made(offer)
            #expect(bench.code(bench.handle(.depositReceived(arrival, via: 1, from: nil, deposit), at: 300)) == code)
        }
        #expect(bench.answers(bench.handle(.timerFired, at: 1_200)).first?.1.listings.map(\.digest) == [first.digest])
    }
}
