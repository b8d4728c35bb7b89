// A record that has passed every check but that of its puzzle, and what came for its owner meanwhile. It has no line in
// the table, or an older one. Protocol/04-membership.md, "Applicants".

internal import Essentials
internal import Identity
internal import Wire

struct Applicant: Sendable {
    typealias LinkID = Membership.LinkID

    /// A link over which the record came.
    struct Bringer: Sendable, Equatable {
        let link: LinkID
        /// This node dialled.
        let isOutbound: Bool
        /// The record is that of the link's other end.
        let isOwn: Bool
    }

    /// The newest heartbeat that came, its signature looked at.
    struct Heard: Sendable {
        let statement: Verified<Heartbeat>
        let received: Moment
        var from: [LinkID]
    }

    /// In which order those of one link are checked: the other end's own record, then who will be present at once.
    enum Urgency: Int, CaseIterable, Sendable { case own, heard, quiet }

    let record: Verified<NodeRecord>
    let claim: PuzzleClaim
    /// What the claim is remembered by.
    let name: Bytes32
    let subnets: [Subnet]
    /// In the order in which it came over them. Empty only when all have ended while its puzzle was being checked.
    var bringers: [Bringer]
    /// Whose it is, one of them, and who pays.
    private(set) var payer: Bringer?
    var heartbeat: Heard?
    /// The owner has signed another body with this seq.
    var proof: Equivocation?
    /// Its puzzle is being computed.
    var isAsked = false

    init(_ record: Verified<NodeRecord>, name: Bytes32, subnets: [Subnet], from bringer: Bringer) {
        self.record = record
        claim = PuzzleClaim(nodeKey: record.nodeKey, solution: record.puzzle)
        self.name = name
        self.subnets = subnets
        bringers = [bringer]
        payer = bringer
    }

    var short: UInt64 { record.nodeKey.short }
    /// Who is asked to pay in turn, should nobody wait for it any more.
    var payers: [Bringer] { bringers.filter { $0 == payer } + bringers.filter { $0 != payer } }
    var urgency: Urgency { payer?.isOwn == true ? .own : heartbeat == nil ? .quiet : .heard }

    /// It came once more. Nobody needs to know more than a few of the links.
    mutating func cameAgain(from bringer: Bringer) {
        guard bringers.count < MembershipLimits.bringers, !bringers.contains(bringer) else { return }
        bringers.append(bringer)
        payer = payer ?? bringer
    }

    /// From now on it is this link's, which comes first where as many as may be are remembered.
    mutating func hand(to bringer: Bringer) {
        payer = bringer
        guard !bringers.contains(bringer) else { return }
        if bringers.count < MembershipLimits.bringers { return bringers.append(bringer) }
        bringers.removeLast()
        bringers.insert(bringer, at: 0)
    }

    /// All have ended.
    mutating func orphan() {
        bringers = []
        payer = nil
    }
}
