// One channel and one handshake on one core, each in turn with what libsodium alone needs for the same bytes and the
// same scalar multiplications. Prints a line of JSON for each round of each item: nanoseconds of CPU time for one
// operation, ours and the limit's. `Scripts/bench` makes the table.

import Essentials
import Glibc
import LimitsInC
import Noise
import Sodium

struct Stopped: Error {}

/// CPU time of this thread, so that others on the machine disturb it little.
func cpuNanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

func nanosecondsEach(_ count: Int, _ body: (Int) throws -> Void) rethrows -> Double {
    let start = cpuNanoseconds()
    try body(count)
    return (cpuNanoseconds() - start) / Double(count)
}

/// A pair of ends of one channel, and what brings it about.
struct Ends: ~Copyable {
    var initiator: Channel
    var responder: Channel

    /// Both sides of the whole handshake.
    init(
        _ pattern: HandshakePattern, _ one: borrowing AgreementKey, _ other: borrowing AgreementKey,
        using random: inout RandomStream
    ) throws {
        let prologue = Array("passant/benchmark/1".utf8)
        let knowsInitiator = pattern == .kk
        let knowsResponder = pattern != .xx
        initiator = Channel(
            role: .initiator, pattern: pattern, prologue: prologue, localStatic: pattern == .nk ? nil : one.copy(),
            remoteStatic: knowsResponder ? other.publicKey : nil, classes: .conversation)
        responder = Channel(
            role: .responder, pattern: pattern, prologue: prologue, localStatic: other.copy(),
            remoteStatic: knowsInitiator ? one.publicKey : nil, classes: .conversation)
        let first = try initiator.start(payload: [], using: &random)
        _ = try responder.receive(first, at: .origin)
        let second = try responder.reply(payload: [], using: &random)
        _ = try initiator.receive(second, at: .origin)
        if pattern == .xx {
            let third = try initiator.reply(payload: [], using: &random)
            _ = try responder.receive(third, at: .origin)
        }
        guard initiator.isEstablished, responder.isEstablished else { throw Stopped() }
    }

    mutating func pass(_ content: [UInt8], times: Int) throws {
        for _ in 0..<times {
            let sealed = try initiator.seal(content, at: .origin)
            guard case .packet(let opened)? = try responder.receive(sealed, at: .origin).first,
                opened.count == content.count
            else { throw Stopped() }
        }
    }
}

func report(_ item: String, ours: Double, limit: Double) {
    print("{\"item\":\"\(item)\",\"ours\":\(ours),\"limit\":\(limit)}")
}

let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 15
var random = RandomStream(seed: Blake2b.hash(Array("benchmark".utf8)))
let one = AgreementKey.generate(using: &random)
let other = AgreementKey.generate(using: &random)

// What a class holds beside flags, length and tag; and how many of them make a round of about 20 ms.
for (size, count) in [(512, 8_000), (1_152, 5_000), (16_512, 700)] {
    var ends = try Ends(.kk, one, other, using: &random)
    let content = random.bytes(count: size - 19)
    for round in -2..<rounds {
        let ours = try nanosecondsEach(count) { try ends.pass(content, times: $0) }
        let limit = try nanosecondsEach(count) { count in
            guard limit_seal_open(size - 16, UInt64(count)) == 0 else { throw Stopped() }
        }
        if round >= 0 { report("channel \(size)", ours: ours, limit: limit) }
    }
}

// How many agreements both sides make together; each makes one key besides.
for (pattern, agreements) in [(HandshakePattern.xx, 6), (.ik, 8), (.nk, 4), (.kk, 8)] {
    for round in -2..<rounds {
        let ours = try nanosecondsEach(60) { count in
            for _ in 0..<count { _ = try Ends(pattern, one, other, using: &random) }
        }
        let agree = try nanosecondsEach(60 * agreements) { count in
            guard limit_agree(UInt64(count)) == 0 else { throw Stopped() }
        }
        let generate = try nanosecondsEach(120) { count in
            guard limit_generate(UInt64(count)) == 0 else { throw Stopped() }
        }
        if round >= 0 {
            report(
                "handshake \(pattern.name)", ours: ours, limit: agree * Double(agreements) + generate * 2)
        }
    }
}
