// Records and heartbeats: what nobody signed is never verified, and what a member signs holds only if every word
// of it does.

import Essentials
import Identity
import Sodium
import Wire

enum RecordsTarget {
    static func run(_ input: [UInt8]) throws {
        let cast = try Cast.get()
        var reader = InputReader(input)
        switch reader.below(6) {
        case 0: try foreignRecord(reader.remainder(), cast)
        case 1: try foreignHeartbeat(reader.remainder(), cast)
        case 2: try ownRecord(&reader, cast)
        case 3: try ownHeartbeat(&reader, cast)
        case 4: try equivocation(&reader, cast)
        default: try otherDomain(reader.remainder(), cast)
        }
    }

    static func seeds() throws -> [[UInt8]] {
        let cast = try Cast.get()
        let heartbeat = try heartbeat(of: cast)
        let record = cast.players[0].record
        return [
            [0] + record.encoded(), [1] + heartbeat.encoded(), [2, 0, 100] + record.body, [2, 1, 0] + record.body,
            [3, 0, 100] + heartbeat.body, [4, 0] + record.body, [4, 1, 50, 3] + record.body, [5] + record.body,
            [5] + heartbeat.body,
        ]
    }

    private static func heartbeat(of cast: Cast) throws -> Signed {
        try Heartbeat.make(
            identity: cast.players[0].identity.value, policy: cast.policy, time: Cast.wall, period: .seconds(5))
    }

    /// All that the cast has ever signed in this mesh: the only things that may hold as they come.
    private static func isGenuine(_ signed: Signed, _ cast: Cast) throws -> Bool {
        if cast.players.contains(where: { $0.record == signed }) { return true }
        return try heartbeat(of: cast) == signed
    }

    private static func foreignRecord(_ bytes: [UInt8], _ cast: Cast) throws {
        guard let signed = try? Signed(decoding: bytes), let record = try? Unverified<NodeRecord>(decoding: signed),
            let verified = try? record.verify(in: .init(policy: cast.policy, now: Cast.wall))
        else { return }
        try promise(try isGenuine(verified.signed, cast), "a record that nobody signed holds")
    }

    private static func foreignHeartbeat(_ bytes: [UInt8], _ cast: Cast) throws {
        guard let signed = try? Signed(decoding: bytes), let heartbeat = try? Unverified<Heartbeat>(decoding: signed)
        else { return }
        for player in cast.players {
            let context = Heartbeat.Context(owner: player.node, policy: cast.policy, now: Cast.wall, previous: nil)
            guard let verified = try? heartbeat.verify(in: context) else { continue }
            try promise(try isGenuine(verified.signed, cast), "a heartbeat that nobody signed holds")
        }
    }

    /// A member signs any bytes as its record.
    private static func ownRecord(_ reader: inout InputReader, _ cast: Cast) throws {
        let signer = cast.players[reader.below(Cast.count)]
        let now = clock(&reader)
        guard
            let signed = try? signer.identity.value.sign(
                reader.remainder(), domain: NodeRecord.domain, network: cast.policy.id),
            let record = try? Unverified<NodeRecord>(decoding: signed)
        else { return }
        guard let verified = try? record.verify(in: .init(policy: cast.policy, now: now)) else { return }
        let body = verified.body
        try promise(verified.nodeKey == signer.node, "a record speaks for somebody else")
        try promise(body.network == cast.policy.id, "a record of another mesh holds")
        try promise(
            body.seq <= (now + cast.policy.futureTolerance).milliseconds && body.expires > now.milliseconds,
            "a record of another time holds")
        try promise(
            (1...3).contains(body.addresses.count) && body.addresses.allSatisfy(cast.policy.allows),
            "a record with addresses that mean nothing here")
        _ = Puzzle.counts(month: body.puzzle.month, at: now, policy: cast.policy)
        _ = verified.expires - now
    }

    private static func ownHeartbeat(_ reader: inout InputReader, _ cast: Cast) throws {
        let signer = cast.players[reader.below(Cast.count)]
        let now = clock(&reader)
        let previous: WallTime? = reader.flag() ? now - .seconds(1) : nil
        guard
            let signed = try? signer.identity.value.sign(
                reader.remainder(), domain: Heartbeat.domain, network: cast.policy.id),
            let heartbeat = try? Unverified<Heartbeat>(decoding: signed)
        else { return }
        for player in cast.players {
            let context = Heartbeat.Context(owner: player.node, policy: cast.policy, now: now, previous: previous)
            guard let verified = try? heartbeat.verify(in: context) else { continue }
            try promise(player.node == signer.node, "a heartbeat speaks for somebody else")
            try promise(previous.map { verified.time > $0 } ?? true, "an older heartbeat holds")
            try promise(verified.period >= cast.policy.heartbeatBase, "a period that no member has")
        }
    }

    /// Two records of one member, alike or not.
    private static func equivocation(_ reader: inout InputReader, _ cast: Cast) throws {
        let players = cast.players
        let (first, second) = (players[0], players[reader.flag() ? 0 : 1])
        let shift = UInt64(reader.byte())
        let port = UInt16(reader.byte()) + 1
        func record(_ player: Cast.Player, _ seq: UInt64, _ endpoint: Endpoint) throws -> Verified<NodeRecord> {
            let signed = try NodeRecord.make(
                identity: player.identity.value, policy: cast.policy, seq: seq, expires: Cast.wall + .hours(1),
                addresses: [endpoint], capabilities: 7, puzzle: player.puzzle)
            return try Unverified<NodeRecord>(decoding: signed).verify(
                in: .init(policy: cast.policy, now: Cast.wall))
        }
        let seq = Cast.wall.milliseconds
        let one = try record(first, seq, first.endpoint)
        let other = try record(second, seq - shift, .v4(0x7F00_0001, port: port))
        let isProof = first.node == second.node && shift == 0 && one.signed.body != other.signed.body
        try promise((Equivocation(one, other) != nil) == isProof, "a proof of nothing, or no proof of something")
        try promise((Equivocation(other, one) != nil) == isProof, "a proof that depends on its order")
        try promise(Equivocation(one, one) == nil, "a record that contradicts itself")
    }

    /// A member signs bytes for another purpose, or for another mesh.
    private static func otherDomain(_ body: [UInt8], _ cast: Cast) throws {
        let signer = cast.players[0].identity
        for (domain, network) in [
            (NodeRecord.domain, cast.policy.id &+ 1), ("passant/round-answer/1", cast.policy.id), ("", cast.policy.id),
        ] {
            guard let signed = try? signer.value.sign(body, domain: domain, network: network) else { continue }
            try foreignRecord(signed.encoded(), cast)
            try foreignHeartbeat(signed.encoded(), cast)
        }
    }

    private static func clock(_ reader: inout InputReader) -> WallTime {
        let amount = Int64(clamping: reader.anyNumber())
        return reader.flag() ? Cast.wall + .milliseconds(amount) : Cast.wall - .milliseconds(amount)
    }
}
