// Handshakes in which one bit is another, that are played again, sent back to their writer, or mixed with those of
// another channel: no two sides ever hold different things for one channel.

import Essentials
import Testing

@testable import Noise

@Suite("Hostile handshakes")
struct HostileHandshakeTests {
    static let patterns: [HandshakePattern] = [.xx, .ik, .nk, .kk]

    /// Two fresh ends; `prologue` and `seed` name the channel and its moment.
    private func ends(
        _ pattern: HandshakePattern, keys: Keys = Keys(), prologue: [UInt8] = [1], seed: UInt8 = 0
    ) -> [End] {
        [
            End(pattern, .initiator, keys: keys, prologue: prologue, seed: seed),
            End(pattern, .responder, keys: keys, prologue: prologue, seed: seed),
        ]
    }

    /// Runs a handshake as far as it goes, each message passing through `change`.
    private func shake(_ ends: [End], _ pattern: HandshakePattern, change: (Int, [UInt8]) -> [UInt8]) {
        guard var bytes = try? ends[0].start([7, 7]) else { return }
        for message in pattern.messages.indices {
            let reader = ends[(message + 1) % 2]
            let changed = change(message, bytes)
            let events = (try? reader.receive(changed)) ?? []
            if events.isEmpty, !reader.isDead {
                // It waits for more: what it gets then does not make it whole.
                _ = try? reader.receive([UInt8](repeating: 0, count: 1_100))
                return
            }
            guard events.last == .awaitingReply, let reply = try? reader.reply([7, 7]) else { return }
            bytes = reply
        }
    }

    /// Never both established, unless they hold the same.
    private func expectOneView(_ ends: [End], _ note: @autoclosure () -> String) {
        if ends[0].isEstablished, ends[1].isEstablished {
            #expect(ends[0].handshakeHash == ends[1].handshakeHash, "\(note())")
        }
        // What an established end then hears from an end that holds something else ends it.
        for (one, other) in [(ends[0], ends[1]), (ends[1], ends[0])] where one.isEstablished && other.isEstablished {
            let packet = (try? one.seal([1])) ?? []
            let heard = (try? other.receive(packet)) ?? []
            #expect(heard == [.packet([1])], "\(note())")
        }
    }

    @Test("a handshake with any bit of any message flipped is established at no two ends", arguments: patterns)
    func flipped(pattern: HandshakePattern) {
        var lengths: [Int] = []
        shake(ends(pattern), pattern) {
            lengths.append($1.count)
            return $1
        }
        #expect(lengths.count == pattern.messages.count)
        for (message, length) in lengths.enumerated() {
            for bit in 0..<length * 8 {
                let ends = ends(pattern)
                shake(ends, pattern) { index, bytes in
                    var bytes = bytes
                    if index == message { bytes[bit / 8] ^= 1 << UInt8(bit % 8) }
                    return bytes
                }
                let both = ends[0].isEstablished && ends[1].isEstablished
                #expect(!both, "message \(message), bit \(bit)")
                // Who reads what was changed does not come through.
                #expect(!ends[(message + 1) % 2].isEstablished, "message \(message), bit \(bit)")
            }
        }
    }

    @Test(
        "a handshake with any message cut short or with bytes behind it is established at no two ends",
        arguments: patterns)
    func cut(pattern: HandshakePattern) {
        for message in pattern.messages.indices {
            for count in stride(from: 0, to: 130, by: 1) {
                let short = ends(pattern)
                shake(short, pattern) { $0 == message ? Array($1.prefix(min(count, $1.count - 1))) : $1 }
                #expect(!(short[0].isEstablished && short[1].isEstablished), "message \(message) to \(count)")
            }
            // A length that fits what was put behind it: the message itself is another.
            for extra in [1, 16, 100] {
                let long = ends(pattern)
                shake(long, pattern) { index, bytes in
                    guard index == message else { return bytes }
                    let count = bytes.count - 2 + extra
                    return [UInt8(count >> 8), UInt8(count & 255)] + bytes[2...] + [UInt8](repeating: 0, count: extra)
                }
                #expect(!(long[0].isEstablished && long[1].isEstablished))
            }
        }
    }

    @Test("a first message that is played again leads to nothing that anybody shares", arguments: patterns)
    func replayed(pattern: HandshakePattern) throws {
        let first = ends(pattern)
        var recorded: [[UInt8]] = []
        shake(first, pattern) {
            recorded.append($1)
            return $1
        }
        expectOneView(first, "the honest one")
        let packet = try first[0].seal([5])
        // The responder again, at another moment, and everything that the initiator ever sent.
        let again = End(pattern, .responder, seed: 9)
        var answer: [UInt8] = []
        for (index, message) in recorded.enumerated() where index % 2 == 0 {
            guard let events = try? again.receive(message) else { break }
            if events.last == .awaitingReply { answer = try again.reply([7, 7]) }
        }
        #expect(!answer.isEmpty)
        #expect(again.handshakeHash != first[0].handshakeHash)
        #expect(throws: (any Error).self) { try again.receive(packet) }
        #expect(again.isDead)
        // Its answer means nothing to the initiator, who is through.
        #expect(throws: (any Error).self) { try first[0].receive(answer) }
    }

    @Test("own messages that come back end a side, in every turn", arguments: patterns)
    func reflected(pattern: HandshakePattern) throws {
        for turn in pattern.messages.indices {
            let ends = ends(pattern)
            var bytes = try ends[0].start([])
            for message in 0..<turn {
                _ = try ends[(message + 1) % 2].receive(bytes)
                bytes = try ends[(message + 1) % 2].reply([])
            }
            let writer = ends[turn % 2]
            #expect(throws: (any Error).self) { try writer.receive(bytes) }
            #expect(writer.isDead && !writer.isEstablished)
        }
        let (left, right) = try establishedPair(pattern)
        for end in [left, right] {
            let own = try end.seal([1])
            #expect(throws: (any Error).self) { try end.receive(own) }
            #expect(end.isDead)
        }
    }

    /// Two channels that differ in one thing.
    enum Difference: CaseIterable {
        case prologue, keys, moment, pattern
    }

    @Test("messages and packets of one channel put into another end it", arguments: patterns, Difference.allCases)
    func mixed(pattern: HandshakePattern, difference: Difference) throws {
        let others = Self.patterns.filter { $0 != pattern }
        for other in difference == .pattern ? others : [pattern] {
            for place in 0..<min(pattern.messages.count, other.messages.count) {
                let one = ends(pattern)
                let two: [End] =
                    switch difference {
                    case .prologue: ends(other, prologue: [2], seed: 3)
                    case .keys: ends(other, keys: Keys(seed: 9), seed: 3)
                    case .moment, .pattern: ends(other, seed: 3)
                    }
                var swapped: [[UInt8]] = []
                shake(two, other) {
                    swapped.append($1)
                    return $1
                }
                shake(one, pattern) { index, bytes in index == place ? swapped[place] : bytes }
                let both = one[0].isEstablished && one[1].isEstablished
                #expect(!both, "message \(place) of \(other) in \(pattern)")
                // A first message of the same kind for the same responder is simply another channel's, and shares
                // nothing with the one that it was put into.
                if one[1].isEstablished { #expect(one[1].handshakeHash != one[0].handshakeHash) }
            }
        }
        let one = try establishedPair(pattern)
        let two = ends(pattern, keys: Keys(seed: 9), seed: 4)
        try establish(two[0], two[1])
        for packet in [try two[0].seal([1]), try two[1].seal([1])] {
            for end in [one.0, one.1] {
                _ = try? end.receive(packet)
                #expect(end.isDead)
            }
        }
    }
}
