// The constants that everybody in one mesh shares. They follow from the mesh's name, and all of them are in
// its id, so that two builds that disagree about one of them are two meshes. See Protocol/01-identity.md.

public import Essentials
internal import Sodium
internal import Wire

/// What a mesh's name stands for.
public struct NetworkPolicy: Hashable, Sendable {
    /// For whom a mesh is made.
    public enum Kind: UInt8, Hashable, Sendable {
        /// Everybody; addresses are public.
        case open = 0
        /// One machine; addresses are loopback.
        case local = 1
        /// A private network.
        case lan = 2
    }

    /// 1 to 32 characters of a–z, 0–9 and hyphen.
    public internal(set) var name: String
    public internal(set) var kind: Kind
    /// The first eight bytes of H("passant/network/1", encoding): the name of the mesh in every signature.
    public private(set) var id: UInt64 = 0

    /// The shortest time between two heartbeats of a member.
    public internal(set) var heartbeatBase: Span
    /// The longest.
    public internal(set) var heartbeatLongest = Span.minutes(30)
    /// What one member's heartbeat costs every other, in bytes, as `heartbeatPeriod(members:)` reckons.
    public internal(set) var heartbeatBytes: Int64 = 160
    /// What all heartbeats may cost a node, in bytes a second.
    public internal(set) var heartbeatBytesPerSecond: Int64 = 4_000
    /// A member is present for so many of its periods after a heartbeat.
    public internal(set) var presencePeriods: Int64 = 3
    /// A heartbeat may be off by so many of its periods …
    public internal(set) var heartbeatTolerancePeriods: Int64 = 2
    /// … and by this much more.
    public internal(set) var heartbeatTolerance = Span.seconds(120)

    /// How long a shard has the same keepers.
    public internal(set) var epoch: Span
    /// How long before its beginning and after its end an epoch's keepers serve.
    public internal(set) var epochOverlap: Span
    public internal(set) var round = Span.seconds(1)
    /// How long after a round's end keepers accept offers for it.
    public internal(set) var roundGrace = Span.milliseconds(100)
    /// How long after that they answer.
    public internal(set) var answerDelay = Span.milliseconds(100)
    /// How many keepers a leaf addresses.
    public internal(set) var keepers = 9
    /// A member serves a shard if it is among so many lowest.
    public internal(set) var keepersServing = 12
    /// How far a keeper's clock may be from mesh time.
    public internal(set) var keeperClockTolerance = Span.milliseconds(50)
    /// How many offers of one round a keeper lists.
    public internal(set) var sampleMaximum = 24

    public internal(set) var puzzle: PuzzleParameters
    public internal(set) var stamp: StampParameters

    /// How long a record lives at most.
    public internal(set) var recordLifetime = Span.hours(24)
    /// How far a record may be ahead of the reader's clock.
    public internal(set) var futureTolerance = Span.minutes(5)
    /// How long a puzzle's month is …
    public internal(set) var puzzleMonth = Span.days(30)
    /// … and how long before its beginning and after its end it counts.
    public internal(set) var puzzleMonthOverlap = Span.days(3)

    /// The policy that `name` stands for. Names beginning with `local` are for one machine, with `lan` for
    /// private networks, all others for everybody. Nil unless the name has 1 to 32 characters of a–z, 0–9 and
    /// hyphen.
    public static func named(_ name: String) -> NetworkPolicy? {
        guard InviteBody.isNetworkName(name) else { return nil }
        var policy = NetworkPolicy(
            name: name, kind: .open, heartbeatBase: .seconds(20), epoch: .minutes(10), epochOverlap: .seconds(60),
            puzzle: PuzzleParameters(kibibytes: 4_096, bits: 14),
            stamp: StampParameters(kibibytes: 1_024, bits: 10))
        if name.hasPrefix("local") || name.hasPrefix("lan") {
            policy.kind = name.hasPrefix("local") ? .local : .lan
            policy.heartbeatBase = .seconds(5)
            policy.heartbeatBytesPerSecond = 200
            policy.epoch = .seconds(60)
            policy.epochOverlap = .seconds(6)
            policy.puzzle = PuzzleParameters(kibibytes: 64, bits: 2)
            policy.stamp = StampParameters(kibibytes: 64, bits: 2)
        }
        policy.id = Blake2b.short(domain: "passant/network/1", policy.encoding)
        return policy
    }

    /// How long a member waits between heartbeats in a table of so many: the longer the more there are, so
    /// that all of them together cost a node no more than `heartbeatBytesPerSecond`.
    public func heartbeatPeriod(members: Int) -> Span {
        let perMember = Span.seconds(heartbeatBytes) / heartbeatBytesPerSecond
        return min(max(heartbeatBase, perMember * Int64(clamping: max(0, members))), heartbeatLongest)
    }

    /// Every constant in a fixed order: the kind (1 byte), the constants (8 bytes each, big-endian, lengths of
    /// time in microseconds), the name.
    var encoding: [UInt8] {
        let spans = [
            heartbeatBase, heartbeatLongest, heartbeatTolerance, epoch, epochOverlap, round, roundGrace,
            answerDelay, keeperClockTolerance, recordLifetime, futureTolerance, puzzleMonth, puzzleMonthOverlap,
        ]
        let numbers = [
            heartbeatBytes, heartbeatBytesPerSecond, presencePeriods, heartbeatTolerancePeriods, Int64(keepers),
            Int64(keepersServing), Int64(sampleMaximum), Int64(puzzle.kibibytes), Int64(puzzle.bits),
            Int64(stamp.kibibytes), Int64(stamp.bits),
        ]
        let words = spans.map(\.microseconds) + numbers
        return [kind.rawValue] + words.flatMap { UInt64(bitPattern: $0).bigEndianBytes } + Array(name.utf8)
    }
}

/// What an identity costs.
public struct PuzzleParameters: Hashable, Sendable {
    /// Memory of one attempt.
    public internal(set) var kibibytes: Int
    /// Leading zero bits that a solution has: 2^bits attempts on average.
    public internal(set) var bits: Int
}

/// What a seek costs.
public struct StampParameters: Hashable, Sendable {
    /// Memory of one attempt.
    public internal(set) var kibibytes: Int
    /// Leading zero bits at the lowest price.
    public internal(set) var bits: Int

    /// The same with at least so many zero bits.
    public func raised(to bits: Int) -> StampParameters {
        StampParameters(kibibytes: kibibytes, bits: max(self.bits, bits))
    }
}
