// What makes a hand-written member hostile. It begins as one that keeps the rules and is present everywhere; a
// corruption bends it from there.

internal import Essentials
internal import Identity
internal import Sodium
internal import Wire

protocol Corruption {
    /// Told at every start of the member, before it knows anybody.
    func bend(_ member: EvilMember)
}

extension EvilMember {
    /// As an honest member: passes everything on, and keeps links to several others.
    func mingle() {
        passesOn = { _ in true }
        every(.seconds(5)) { [unowned self] in
            let linked = Set(memberLinks.compactMap(\.peer))
            let others = table.keys.filter { $0 != nodeKey && !linked.contains($0) }
            if linked.count < 8, let other = others.randomElement(using: &random) { dial(other) }
            return true
        }
    }

    /// Opens a link to whoever is there.
    func dial(_ key: NodeKey) {
        guard let body = table.records[key]?.body, let address = body.addresses.first else { return }
        connect(address) { [unowned self] link in
            link.write(link.opening(.ik, key: identity.value.channel.copy(), remote: body.channelKey))
        }
    }

    /// To all members.
    func tell(_ records: [Signed], _ heartbeats: [Signed]) {
        for push in encoded(records, heartbeats) {
            for link in memberLinks { link.say(encoded: push) }
        }
    }
}

/// Answers nothing, passes nothing on.
struct Silence: Corruption {
    func bend(_ member: EvilMember) {
        member.onPull = { [unowned member] _, _ in
            member.count("unanswered")
            return true
        }
        member.onMember = { _ in true }
        member.onCarry = { _, _, _, _ in true }
        member.onJoin = { _, _ in true }
    }
}

/// Passes on what concerns half of the members, another half for each liar.
struct SelectiveRelay: Corruption {
    func bend(_ member: EvilMember) {
        member.mingle()
        let own = member.nodeKey.short
        let isLiked: (UInt64) -> Bool = { ($0 ^ own).nonzeroBitCount.isMultiple(of: 2) }
        member.passesOn = { [unowned member] owner in
            if !isLiked(owner) { member.count("withheld") }
            return isLiked(owner)
        }
        let answer: (EvilLink) -> Void = { [unowned member] link in
            let records = member.table.keys.filter { isLiked($0.short) || $0 == member.nodeKey }
            let pushes = Push.split(
                records: records.compactMap { member.table.records[$0]?.signed },
                heartbeats: records.compactMap { member.table.heartbeats[$0.short]?.signed })
            for push in pushes { link.say(.push(push)) }
        }
        member.onMember = {
            answer($0)
            return true
        }
        member.onPull = { link, _ in
            answer(link)
            return true
        }
    }
}

/// Carries what a leaf sends to accomplices and drops all else; it looks like a home otherwise. Alone it drops everything.
struct DroppingHome: Corruption {
    private let conspiracy: Conspiracy

    init(_ conspiracy: Conspiracy) { self.conspiracy = conspiracy }

    func bend(_ member: EvilMember) {
        member.mingle()
        member.onCarry = { [unowned member, conspiracy] _, node, _, _ in
            if conspiracy.holds(node) { return false }
            member.count("dropped")
            return true
        }
    }
}

/// Tells the victim of accomplices only, holds as many links to it as it gets, and tells others nothing about it.
struct Eclipse: Corruption {
    private let conspiracy: Conspiracy
    /// Links that each of them tries to hold.
    private static let links = 3

    init(_ conspiracy: Conspiracy) { self.conspiracy = conspiracy }

    func bend(_ member: EvilMember) {
        member.mingle()
        member.passesOn = { [conspiracy] in $0 != conspiracy.victim?.key.short }
        let deceive: (EvilLink) -> Bool = { [unowned member, conspiracy] link in
            guard let victim = conspiracy.victim, link.peer == victim.key else { return false }
            let keys = member.table.keys.filter(conspiracy.holds)
            let pushes = Push.split(
                records: keys.compactMap { member.table.records[$0]?.signed },
                heartbeats: keys.compactMap { member.table.heartbeats[$0.short]?.signed })
            for push in pushes { link.say(.push(push)) }
            member.count("deceived")
            return true
        }
        member.clockLie = .hours(1)
        // Where there are few, or they are a quarter, they may well be most of those that are left while others are down.
        member.isLiedTo = { [unowned member, conspiracy] link in
            guard let victim = conspiracy.victim, link.peer == victim.key else { return false }
            let known = member.table.keys
            return known.count > 12 && known.count(where: conspiracy.holds) * 4 < known.count
        }
        member.onMember = deceive
        member.onPull = { link, _ in deceive(link) }
        member.every(.seconds(2)) { [unowned member, conspiracy] in
            guard let victim = conspiracy.victim else { return true }
            let held = member.memberLinks.filter(deceive)
            guard held.count < Self.links else { return true }
            member.connect(victim.endpoint) { link in
                link.write(link.opening(.xx, key: member.identity.value.channel.copy()))
            }
            return true
        }
    }
}

extension Endpoint {
    /// The same host, another port.
    func onPort(_ port: UInt16) -> Endpoint {
        switch self {
        case .v4(let address, _): .v4(address, port: port)
        case .v6(let address, _): .v6(address, port: port)
        }
    }
}
