import Essentials
import Identity
@testable import Pairing
import Testing

@Suite("Rounds and epochs")
struct TimeTests {
    private let schedule = RoundSchedule(policy: testPolicy)

    private func time(_ seconds: UInt64, _ milliseconds: UInt64 = 0) -> WallTime {
        WallTime(milliseconds: seconds * 1_000 + milliseconds)
    }

    @Test("rounds of a second and epochs of a minute are counted from 1970")
    func counting() {
        #expect(schedule.round(at: time(5, 999)) == 5)
        #expect(schedule.start(ofRound: 5) == time(5))
        #expect(schedule.end(ofRound: 5) == time(6))
        #expect(schedule.epoch(ofRound: 59) == 0)
        #expect(schedule.epoch(ofRound: 60) == 1)
        #expect(schedule.epoch(at: time(119, 999)) == 1)
        #expect(schedule.credentialRounds == 30)
    }

    @Test("a round takes offers from a second before it begins until 100 ms after its end")
    func openRounds() {
        let early = Span.seconds(1)
        #expect(!schedule.isOpen(10, at: time(8, 999), early: early))
        #expect(schedule.isOpen(10, at: time(9), early: early))
        #expect(schedule.isOpen(10, at: time(11, 99), early: early))
        #expect(!schedule.isOpen(10, at: time(11, 100), early: early))
    }

    @Test("a stamp serves its own epoch and the first six seconds of the next")
    func stampEpochs() {
        #expect(schedule.acceptsStamp(of: 1, inRound: 60))
        #expect(schedule.acceptsStamp(of: 1, inRound: 119))
        #expect(schedule.acceptsStamp(of: 1, inRound: 125))
        #expect(!schedule.acceptsStamp(of: 1, inRound: 126))
        #expect(!schedule.acceptsStamp(of: 2, inRound: 119))
        #expect(!schedule.acceptsStamp(of: 0, inRound: 120))
        #expect(!schedule.acceptsStamp(of: .max, inRound: 0))
    }

    @Test("no number traps", arguments: [0, 1, UInt64.max / 1_000, .max - 1, .max])
    func extremes(number: UInt64) {
        _ = schedule.end(ofRound: number)
        _ = schedule.end(ofEpoch: number)
        _ = schedule.stampExpiry(ofEpoch: number)
        _ = schedule.epoch(ofRound: number)
        _ = schedule.acceptsStamp(of: number, inRound: number)
        _ = schedule.acceptsStamp(of: 0, inRound: number)
        _ = schedule.isOpen(number, at: WallTime(milliseconds: number), early: .seconds(1))
        _ = schedule.round(at: WallTime(milliseconds: number))
        #expect(schedule.start(ofRound: number) <= schedule.end(ofRound: number))
    }
}

@Suite("Stamps")
struct StampTests {
    private let request = StampRequest(
        number: 1, network: 7, key: bytes("0707070707070707070707070707070707070707070707070707070707070707"),
        epoch: 9, price: testPolicy.stamp, prefix: 42)

    private func value(_ nonce: [UInt8], network: UInt64 = 7, key: Bytes32? = nil, epoch: UInt64 = 9) -> Bytes32? {
        Stamp.value(of: nonce, network: network, key: key ?? request.key, epoch: epoch, price: request.price)
    }

    /// With two bits one other binding in four would pass by chance, so several stamps are looked at.
    @Test("a stamp is worth nothing for another key, epoch or network")
    func binding() {
        let work = StampWork(request)
        let nonces = (0..<24).compactMap { work.attempt(startingAt: $0 * 1_000, count: 64) }
        #expect(nonces.count == 24)
        #expect(nonces.allSatisfy { value($0) != nil })
        #expect(!nonces.allSatisfy { value($0, network: 8) != nil })
        #expect(!nonces.allSatisfy { value($0, key: .zero) != nil })
        #expect(!nonces.allSatisfy { value($0, epoch: 10) != nil })
    }

    @Test("the output has as many leading zero bits as the price asks")
    func bits() {
        for number in 0..<UInt64(64) {
            let nonce = [UInt8](repeating: 0, count: 8) + number.bigEndianBytes
            guard let output = value(nonce) else { continue }
            #expect(output.bytes[0] < 64)
        }
        #expect(Stamp.leadingZeroBits(of: .zero) == 256)
        #expect(
            Stamp.leadingZeroBits(
                of: bytes("0000100000000000000000000000000000000000000000000000000000000000")) == 19)
    }

    @Test("a nonce of another length is no stamp", arguments: [0, 8, 15, 17, 32])
    func lengths(count: Int) { #expect(value([UInt8](repeating: 0, count: count)) == nil) }

    @Test("slices find what one piece of work finds, at any number")
    func slices() {
        let work = StampWork(request)
        let found = (0..<64 as Range<UInt64>).lazy.compactMap { work.attempt(startingAt: $0 * 4, count: 4) }.first
        #expect(found != nil && found == work.attempt(startingAt: 0, count: 256))
        _ = StampWork(request).attempt(startingAt: .max, count: 2)
        #expect(StampWork(request).attempt(startingAt: 0, count: -1) == nil)
    }
}
