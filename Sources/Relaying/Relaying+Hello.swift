// The first packet in each direction says who the other end is. What it says is checked here, and then there is a
// link.

internal import Essentials
internal import Identity
internal import Noise
internal import Wire

extension Relaying {
    /// The versions of this protocol that this build speaks.
    static let versions: ClosedRange<UInt32> = 1...1
    /// Feature bits that a receiver must know, or refuse: the upper half.
    static let criticalFeatures: UInt64 = 0xFFFF_FFFF_0000_0000
    static let knownFeatures: UInt64 = 0

    func ownHello(on connection: ConnectionID) -> Hello? {
        let isLeaf = dials[connection]?.role == .leaf
        return try? Hello(
            versionMin: Self.versions.lowerBound, versionMax: Self.versions.upperBound, features: Self.knownFeatures,
            role: isLeaf ? .leaf : .member, record: isLeaf ? nil : ownRecord, terms: isLeaf ? nil : ownTerms)
    }

    /// Judges the other side's first packet and makes a link of the connection.
    mutating func takeHello(
        _ packets: [[UInt8]], of waiting: Owned<PendingLink>, on connection: ConnectionID, _ turn: inout Turn
    ) {
        var reader = FrameReader(packets[0])
        guard let frame = try? reader.next(), frame.kind == .control,
            case .hello(let hello)? = try? Control(decoding: Array(frame.payload))
        else { return failPending(connection, .hellosRefused, &turn) }
        guard hello.versionMin <= Self.versions.upperBound, hello.versionMax >= Self.versions.lowerBound,
            hello.features & Self.criticalFeatures & ~Self.knownFeatures == 0
        else {
            return dismiss(waiting, on: connection, CloseCode.incompatible, .versionsIncompatible, &turn)
        }
        let info: LinkInfo
        switch judge(hello, static: waiting.value.handshake.look { $0.remoteStatic } ?? nil, on: connection, turn.now) {
        case .failure(let refusal): return failPending(connection, refusal.counter, &turn)
        case .success(let judged): info = judged
        }
        let origin = gate.origin(of: connection) ?? .unknown
        guard hasRoom(for: info, from: origin) else {
            return dismiss(waiting, on: connection, CloseCode.overloaded, .connectionsRefused, &turn)
        }
        guard let channel = waiting.value.handshake?.takeChannel() else { return }
        let isWritable = waiting.value.isWritable
        endPending(connection)
        let link = makeLink(info, connection, origin, hello.terms, consume channel, &turn)
        link.value.isWritable = isWritable
        takeFrames(&reader, on: link, &turn)
        for packet in packets.dropFirst() { take(packet[...], on: link, &turn) }
    }

    private struct Refusal: Error {
        let counter: RelayingCounter
    }

    /// Whether the hello, the Noise key and what we dialled are one and the same node.
    private func judge(
        _ hello: Hello, static key: Bytes32?, on connection: ConnectionID, _ now: Moment
    ) -> Result<LinkInfo, Refusal> {
        let dial = dials[connection]
        let id = LinkID(number: connection.number)
        switch hello.role {
        case .leaf:
            // Nobody dials a leaf, and a leaf has nothing to show.
            guard dial == nil, hello.record == nil, ownRecord != nil else {
                return .failure(Refusal(counter: .hellosRefused))
            }
            return .success(
                LinkInfo(id: id, peer: nil, record: nil, isLeaf: true, outbound: false, asLeaf: false))
        case .member:
            guard let signed = hello.record, let claimed = try? Unverified<NodeRecord>(decoding: signed) else {
                return .failure(Refusal(counter: .hellosRefused))
            }
            // The cheap comparisons come before the signature.
            guard claimed.claimed(\.channelKey).bytes == key else {
                return .failure(Refusal(counter: .recordsStolen))
            }
            let context = NodeRecord.Context(policy: policy, now: clock.mesh(at: now))
            guard let record = try? claimed.verify(in: context), isExpected(record.nodeKey, by: dial, connection) else {
                return .failure(Refusal(counter: .hellosRefused))
            }
            return .success(
                LinkInfo(
                    id: id, peer: record.nodeKey, record: signed, isLeaf: false, outbound: dial != nil,
                    asLeaf: dial?.role == .leaf))
        }
    }

    private func isExpected(_ node: NodeKey, by dial: Dial?, _ connection: ConnectionID) -> Bool {
        // This node meets itself only on purpose.
        guard node != ownKey || loopback.contains(connection) else { return false }
        switch dial?.target {
        case .member(let wanted, _, _): return node == wanted
        case .entry(let entry): return node.fingerprint == entry.fingerprint
        case nil: return true
        }
    }

    private func hasRoom(for info: LinkInfo, from origin: Origin) -> Bool {
        if info.isLeaf { return census.unattachedLeaves.hasRoom(for: origin, of: limits.unattachedLeaves) }
        guard !info.asLeaf, let peer = info.peer else { return true }
        guard (linksByMember[peer]?.count ?? 0) < limits.linksPerMember else { return false }
        // Some places are kept for the links that we ourselves want, and others for members of the table: it takes a
        // puzzle to be one, and none to call oneself so here.
        let quarters = info.outbound ? 4 : members[peer]?.isPresent == true ? 3 : 2
        return census.members.hasRoom(for: origin, of: limits.memberLinks * quarters / 4)
    }

    /// Tells an authenticated peer why there will be no link.
    private mutating func dismiss(
        _ waiting: Owned<PendingLink>, on connection: ConnectionID, _ code: UInt16, _ counter: RelayingCounter,
        _ turn: inout Turn
    ) {
        let farewell = FrameCodec.frame(.close, code.bigEndianBytes)
        if let sealed = waiting.value.handshake?.seal(farewell, at: turn.now) {
            write(sealed, on: connection, &turn)
        }
        failPending(connection, counter, &turn)
    }

    private mutating func makeLink(
        _ info: LinkInfo, _ connection: ConnectionID, _ origin: Origin, _ terms: HomeTerms?,
        _ channel: consuming Channel, _ turn: inout Turn
    ) -> Owned<Link> {
        let dial = dials.end(connection)
        let isPassing = info.peer.map(carrier.isWaiting(for:)) ?? false && dial != nil && !info.asLeaf
        let link = Owned(
            Link(
                info: info, connection: connection, origin: origin, isPassing: isPassing, terms: terms,
                channel: channel, heldByAll: held, limits: limits, at: turn.now))
        links[info.id] = link
        turn.count(.linksUp)
        turn.tell(.linkUp(info))
        if info.isLeaf {
            census.unattachedLeaves.enter(origin)
            timers.arm(.unattached(info.id), at: turn.now + limits.unattachedLife)
        } else if let peer = info.peer, !info.asLeaf {
            census.members.enter(origin)
            linksByMember[peer, default: []].append(info.id)
            if isPassing { timers.arm(.passing(info.id), at: turn.now + limits.passingLinkIdle) }
        }
        reviewKeepalive(of: link, &turn)
        if dial?.purpose == .home, let peer = info.peer { homeLinkUp(link, to: peer, &turn) }
        if let peer = info.peer, link.value.isBetweenMembers { carryWaiting(to: peer, over: link, &turn) }
        return link
    }
}
