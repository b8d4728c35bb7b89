import Essentials
import Testing

@testable import Noise

@Suite("Rekeying a channel")
struct ChannelRekeyTests {
    private static let ample = KeyLimits(packets: 1_000_000, bytes: 1 << 40, age: .days(1))
    private func at(_ seconds: Int64) -> Moment { .origin + .seconds(seconds) }

    /// How many packets, the flagged one included, were sealed before the sender's counts began anew.
    private func packetsUnderFirstKey(_ end: End, content: Int = 1, at times: (Int) -> Moment) throws -> Int {
        for index in 1...200 {
            _ = try end.seal([UInt8](repeating: 0, count: content), at: times(index))
            if end.channel.sent == KeyUse() { return index }
        }
        return 0
    }

    @Test("the standard limits are 2^16 packets, 64 MiB and two minutes")
    func standard() {
        #expect(KeyLimits.standard == KeyLimits(packets: 65_536, bytes: 67_108_864, age: .seconds(120)))
    }

    @Test("a sender changes its key with the packet that reaches a limit")
    func limits() throws {
        var limits = Self.ample
        limits.packets = 5
        #expect(try packetsUnderFirstKey(try establishedPair(limits: limits).0) { _ in .origin } == 5)
        limits = Self.ample
        limits.bytes = 512 * 3
        #expect(try packetsUnderFirstKey(try establishedPair(limits: limits).0, content: 400) { _ in .origin } == 3)
        limits = Self.ample
        limits.age = .seconds(120)
        // The first packet is at 10 s, so the key is 120 s old with the thirteenth, at 130 s.
        #expect(try packetsUnderFirstKey(try establishedPair(limits: limits).0) { at(Int64($0) * 10) } == 13)
    }

    @Test("the receiver follows over many keys, in both directions independently")
    func follows() throws {
        var limits = Self.ample
        limits.packets = 3
        let (left, right) = try establishedPair(limits: limits)
        for index: UInt8 in 0..<50 {
            #expect(try right.receive(try left.seal([index])) == [.packet([index])])
            if index.isMultiple(of: 4) {
                #expect(try left.receive(try right.seal([index, 1])) == [.packet([index, 1])])
            }
        }
    }

    @Test("packets before and after a change of key may come in one piece")
    func onePiece() throws {
        var limits = Self.ample
        limits.packets = 2
        let (left, right) = try establishedPair(limits: limits)
        let frames = try left.seal([1]) + left.seal([2]) + left.seal([3]) + left.seal([4]) + left.seal([5])
        #expect(try right.receive(frames) == (1...5).map { .packet([$0]) })
    }

    @Test("the old key opens nothing after a change")
    func oldKey() throws {
        var limits = Self.ample
        limits.packets = 1
        // This sender changes its key with each packet; this receiver is told so but the test undoes it.
        let (left, right) = try establishedPair(limits: limits)
        let (keeping, _) = try establishedPair(limits: Self.ample)
        _ = try right.receive(try left.seal([1]))
        _ = try keeping.seal([1])
        let underOldKey = try keeping.seal([2])
        #expect(throws: ChannelFault.noise(.notAuthentic)) { try right.receive(underOldKey) }
    }

    @Test("a key that overstays twice the packets kills")
    func overstayedPackets() throws {
        var limits = Self.ample
        limits.packets = 4
        let (left, right) = try establishedPair(limits: Self.ample, receiverLimits: limits)
        for index: UInt8 in 1...8 { #expect(try right.receive(try left.seal([index])) == [.packet([index])]) }
        let ninth = try left.seal([9])
        #expect(throws: ChannelFault.overstayed) { try right.receive(ninth) }
        #expect(right.isDead)
    }

    @Test("a key that overstays twice the bytes kills")
    func overstayedBytes() throws {
        var limits = Self.ample
        limits.bytes = 512
        let (left, right) = try establishedPair(limits: Self.ample, receiverLimits: limits)
        for _ in 1...8 { _ = try right.receive(try left.seal([1])) }
        let ninth = try left.seal([9])
        #expect(throws: ChannelFault.overstayed) { try right.receive(ninth) }
    }

    @Test("an unflagged packet later than twice the age of its key kills")
    func overstayedTime() throws {
        var limits = Self.ample
        limits.age = .seconds(120)
        let (left, right) = try establishedPair(limits: Self.ample, receiverLimits: limits)
        _ = try right.receive(try left.seal([1]), at: at(1_000))
        #expect(try right.receive(try left.seal([2]), at: at(1_240)) == [.packet([2])])
        let late = try left.seal([3])
        #expect(throws: ChannelFault.overstayed) { try right.receive(late, at: at(1_241)) }
    }

    @Test("a sender that was quiet for an hour changes its key with the first packet and lives")
    func quiet() throws {
        let (left, right) = try establishedPair()
        for time in [0, 3_600, 3_601, 7_300, 7_301] as [Int64] {
            #expect(try right.receive(try left.seal([1], at: at(time)), at: at(time)) == [.packet([1])])
        }
    }

    @Test("the counts begin anew with each key")
    func anew() throws {
        var limits = Self.ample
        limits.packets = 3
        limits.age = .seconds(120)
        let (left, right) = try establishedPair(limits: limits)
        for index in 0..<40 {
            let time = at(Int64(index) * 50)
            _ = try right.receive(try left.seal([1], at: time), at: time)
        }
        #expect(!right.isDead)
    }
}
