// A bench whose calls are answered: at which address who can be reached, and where nobody is.

import Essentials
import Identity
import Wire

@testable import Membership

/// A member of the open mesh that knows twelve others in subnets of their own, all of which answer.
struct Street {
    var bench: Bench
    let neighbours: [TestMember]
    /// The link over which everything is heard.
    private(set) var source: Membership.LinkID
    /// Who answers where.
    var alive: [NodeKey: Endpoint] = [:]
    private var members: [NodeKey: TestMember] = [:]
    private var seen = 0
    private(set) var calls: [(member: NodeKey, endpoints: [Endpoint])] = []
    /// Whether calls come to an end at all.
    var isAnswering = true

    static let port: UInt16 = 7_000

    /// - Parameter isHelped: whether the neighbours are present, so that they can be asked about whom this node does not
    ///   reach.
    init(isMember: Bool = true, bounds: TableBounds? = nil, isHelped: Bool = false) throws {
        neighbours = try (500..<512 as Range<UInt32>).map {
            try TestMember(Int($0), policy: .open, endpoint: .v4(0x2000_0001 + $0 << 16, port: Self.port))
        }
        bench = try Bench(policy: .open, isMember: isMember)
        if let bounds { bench.engine.table = Table(bounds) }
        source = bench.link(to: neighbours[0], outbound: true)
        if isHelped {
            try offer(neighbours)
        } else {
            try bench.push(neighbours.map { try $0.record(at: bench.wall) }, over: source)
        }
        for neighbour in neighbours { answer(neighbour) }
        settle(.seconds(5))
    }

    mutating func answer(_ member: TestMember) {
        alive[member.key] = member.endpoint
        members[member.key] = member
    }

    /// They are heard of, record and heartbeat.
    mutating func offer(_ members: [TestMember]) throws {
        // A slot that has chosen anew may have ended that link.
        if bench.engine.linkTable[source] == nil { source = bench.link(to: neighbours[0]) }
        try bench.push(
            try members.map { try $0.record(at: bench.wall) }, try members.map { try $0.heartbeat(at: bench.wall) },
            over: source)
    }

    /// Everything that the node wants from others happens, and time passes.
    mutating func settle(_ span: Span = .milliseconds(500)) {
        let end = bench.now + span
        let step = max(.milliseconds(100), span / 500)
        repeat {
            while isAnswering, seen < bench.all.count {
                seen += 1
                guard case .dial(let key, _, let endpoints) = bench.all[seen - 1] else { continue }
                calls.append((key, endpoints))
                if let there = alive[key], endpoints.contains(there), let member = members[key] {
                    bench.link(to: member, outbound: true)
                } else {
                    bench.say(.dialFailed(key))
                }
            }
            bench.wait(step)
        } while bench.now < end
    }

    func knows(_ member: TestMember) -> Bool { bench.engine.member(member.key) != nil }

    static func member(_ index: Int, at host: UInt32) throws -> TestMember {
        try TestMember(index, policy: .open, endpoint: .v4(host, port: port))
    }
}
