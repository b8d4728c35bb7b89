// What a node makes of members that it does not reach: it asks others, and only the member's own signature counts.

import Essentials
import Identity
import OrderedCollections
import Sodium
import Testing
import Wire

@testable import Membership

@Suite struct ChallengeTests {
    private let subnet: UInt32 = 0x5000_0000

    private func claimants(_ indices: Range<Int>) throws -> [TestMember] {
        try indices.map { try Street.member($0, at: subnet + UInt32($0) + 1) }
    }

    private func alive(_ member: TestMember, _ nonce: Bytes32, policy: NetworkPolicy = .open) throws -> Alive {
        try LifeSign.make(identity: member.identity.value, policy: policy, nonce: nonce)
    }

    /// Four lines of a subnet whose owners this node does not reach, and somebody who wants a place there. One of the four
    /// has been called in vain, and others were asked about it.
    private func contest(
        _ present: Bool = true
    ) throws -> (street: Street, residents: [TestMember], tried: TestMember) {
        var street = try Street(isHelped: true)
        let residents = try claimants(1..<5)
        if present {
            try street.offer(residents)
        } else {
            try street.bench.push(residents.map { try $0.record(at: street.bench.wall) }, over: street.source)
        }
        try street.offer(claimants(9..<10))
        street.settle(.milliseconds(200))
        let asked = try require(street.bench.all.asks.last?.ask.node)
        return (street, residents, try require(residents.first { $0.key.bytes == asked }))
    }

    /// Answers of the member itself to so many of those that were asked last.
    private func bring(_ count: Int, of member: TestMember, in street: inout Street) throws {
        for (link, ask) in street.bench.all.asks.suffix(3).prefix(count) {
            street.bench.say(.aliveReceived(link, try alive(member, ask.nonce)))
        }
    }

    @Test("before a line goes three others are asked, each with a nonce of its own, about the addresses of the contest")
    func asked() throws {
        let (street, residents, tried) = try contest()
        let asks = street.bench.all.asks
        #expect(asks.count == 3 && Set(asks.map(\.ask.nonce)).count == 3 && Set(asks.map(\.link)).count == 3)
        #expect(asks.allSatisfy { $0.ask.node == tried.key.bytes && $0.ask.addresses == [tried.endpoint] })
        #expect(residents.allSatisfy(street.knows) && street.bench.counted(.othersAsked) == 1)
    }

    @Test("who answers two of three keeps its place for an hour, and the newcomer is refused")
    func kept() throws {
        var (street, residents, tried) = try contest()
        let newcomer = try Street.member(9, at: subnet + 99)
        try bring(1, of: tried, in: &street)
        #expect(street.bench.counted(.answersOthers) == 0)
        try bring(3, of: tried, in: &street)
        #expect(street.bench.counted(.answersOthers) == 1 && street.bench.counted(.aliveUnasked) == 2)
        street.settle(.seconds(20))
        #expect(street.bench.counted(.trialLost) == 0)
        // The other three are tried in turn, and nobody brings an answer of those.
        for _ in 0..<4 {
            try street.offer([newcomer])
            street.settle(.seconds(15))
        }
        #expect(street.knows(tried) && street.knows(newcomer) && street.bench.counted(.trialLost) == 1)
        #expect(residents.count(where: street.knows) == 3)
        for newcomer in try claimants(20..<30) {
            street.answer(newcomer)
            try street.offer([newcomer])
            #expect(!street.bench.engine.trials.isRunning(tried.key), "it is not tried again")
            street.settle(.seconds(15))
        }
        #expect(street.knows(tried))
    }

    @Test("of whom one of three or nobody brings an answer, goes after twelve seconds", arguments: [0, 1])
    func lost(_ answers: Int) throws {
        var (street, residents, tried) = try contest()
        try bring(answers, of: tried, in: &street)
        street.bench.wait(.seconds(12) - .milliseconds(201))
        #expect(residents.allSatisfy(street.knows))
        street.bench.wait(.milliseconds(202))
        #expect(!street.knows(tried) && street.bench.counted(.trialLost) == 1)
        try bring(3, of: tried, in: &street)
        #expect(street.bench.counted(.answersOthers) == 0, "what comes later counts for nothing")
    }

    @Test("an answer by another key, for another network, of another nonce or over another link does not keep a line")
    func forged() throws {
        var (street, residents, tried) = try contest()
        let asks = street.bench.all.asks
        let other = try require(residents.first { $0.key != tried.key })
        street.bench.say(.aliveReceived(asks[1].link, try alive(tried, asks[0].ask.nonce)))
        street.bench.say(.aliveReceived(asks[0].link, try alive(tried, .zero)))
        #expect(street.bench.counted(.aliveUnasked) == 2 && street.bench.counted(.aliveInvalid) == 0)
        street.bench.say(.aliveReceived(asks[0].link, try alive(other, asks[0].ask.nonce)))
        street.bench.say(.aliveReceived(asks[1].link, try alive(tried, asks[1].ask.nonce, policy: .local)))
        let replayed = try Alive(nonce: asks[2].ask.nonce, signature: alive(tried, asks[0].ask.nonce).signature)
        street.bench.say(.aliveReceived(asks[2].link, replayed))
        #expect(street.bench.counted(.aliveInvalid) == 3)
        #expect(asks.allSatisfy { street.bench.engine.linkTable[$0.link]?.violations == 1 })
        // Each was good for one answer only.
        try bring(3, of: tried, in: &street)
        street.bench.wait(.seconds(13))
        #expect(!street.knows(tried) && street.bench.counted(.answersOthers) == 0)
    }

    @Test("an answer makes nobody present, and none changes a line")
    func presence() throws {
        var (street, residents, tried) = try contest(false)
        let before = street.bench.engine.presentMembers()
        let record = street.bench.engine.signedRecord(tried.key)
        try bring(3, of: tried, in: &street)
        #expect(street.bench.counted(.answersOthers) == 1)
        #expect(residents.allSatisfy { !street.bench.engine.isPresent($0.key) })
        #expect(street.bench.engine.presentMembers() == before)
        #expect(street.bench.engine.signedRecord(tried.key) == record)
        #expect(street.bench.engine.table[tried.key]?.isVerified == false)
    }

    @Test("who calls in the meantime keeps its place without any answer, and who is called and answers does too")
    func calledMeanwhile() throws {
        var (street, _, tried) = try contest()
        street.bench.link(to: tried)
        street.bench.wait(.seconds(13))
        #expect(street.knows(tried) && street.bench.counted(.trialLost) == 0)
        (street, _, tried) = try contest()
        street.bench.link(to: tried, outbound: true)
        try bring(3, of: tried, in: &street)
        #expect(street.bench.counted(.aliveUnasked) == 3 && street.bench.counted(.answersOthers) == 0)
        #expect(street.bench.engine.reach(of: tried.key, at: street.bench.now) == .reached)
    }

    @Test("what others were asked before the contest decides nothing in it, neither by an answer nor without one")
    func askedBefore() throws {
        for isAnswered in [true, false] {
            var street = try Street(isHelped: true)
            let residents = try claimants(1..<5)
            try street.offer(residents)
            for resident in residents {
                street.bench.engine.choice.dialing[resident.key] = LinkChoice.Call(
                    purpose: .feeler, endpoints: [resident.endpoint])
                street.bench.say(.dialFailed(resident.key))
            }
            #expect(street.bench.counted(.othersAsked) == 4)
            street.isAnswering = false
            try street.offer(claimants(9..<10))
            let tried = try require(residents.first { street.bench.engine.trials.isRunning($0.key) })
            if isAnswered {
                for (link, ask) in street.bench.all.asks where ask.node == tried.key.bytes {
                    street.bench.say(.aliveReceived(link, try alive(tried, ask.nonce)))
                }
                #expect(street.bench.counted(.answersOthers) == 1)
            }
            street.bench.wait(.seconds(13))
            #expect(street.bench.engine.trials.isRunning(tried.key) && street.knows(tried))
            #expect(!street.bench.engine.trials.isSpared(tried.key, at: [tried.endpoint], now: street.bench.now))
        }
    }

    @Test("while others are asked for a contest, another call or link that fails asks nobody anew")
    func askedOnce() throws {
        var (street, _, tried) = try contest()
        let link = street.bench.link(to: tried)
        street.bench.say(.linkDown(link, isSilent: true))
        street.bench.engine.choice.dialing[tried.key] = LinkChoice.Call(purpose: .kept, endpoints: [tried.endpoint])
        street.bench.say(.dialFailed(tried.key))
        #expect(street.bench.counted(.othersAsked) == 1)
        street.bench.wait(.seconds(13))
        #expect(!street.knows(tried) && street.bench.counted(.trialLost) == 1)
    }

    @Test("who answers elsewhere is spared where it was asked about, not where it is not")
    func sparedThere() {
        let (here, there) = (Endpoint.v4(1, port: 1), Endpoint.v4(2, port: 1))
        let key = NodeKey(Blake2b.hash([1]))
        var trials = Trials(at: .origin)
        trials.spare(key, at: [here], now: .origin)
        #expect(trials.isSpared(key, at: [here, there], now: .origin))
        #expect(!trials.isSpared(key, at: [there], now: .origin))
        #expect(trials.isSpared(key, at: [here], now: .origin + .minutes(60) - .microseconds(1)))
        #expect(!trials.isSpared(key, at: [here], now: .origin + .minutes(60)))
        let keys = (0..<4_097 as Range<UInt16>).map { NodeKey(Blake2b.hash([UInt8($0 >> 8), UInt8($0 & 255)])) }
        for key in keys { trials.spare(key, at: [here], now: .origin) }
        trials.spare(keys[4_096], at: [here], now: .origin)
        #expect(!trials.isSpared(key, at: [here], now: .origin) && !trials.isSpared(keys[0], at: [here], now: .origin))
        #expect(trials.isSpared(keys[1], at: [here], now: .origin))
    }
}
