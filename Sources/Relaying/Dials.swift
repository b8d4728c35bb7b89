// Links being dialled: several addresses of one member in turn, and never two dials for the same.

internal import Identity
internal import Wire

struct Dial {
    enum Purpose {
        /// The owner asked; it is told when nothing comes of it.
        case asked
        /// The homes of the own person.
        case home
    }

    let target: DialTarget
    let role: Role
    let purpose: Purpose
    /// Addresses that have not been tried.
    var remaining: [Endpoint]
}

struct Dials {
    private var dials: [ConnectionID: Dial] = [:]

    var count: Int { dials.count }
    subscript(connection: ConnectionID) -> Dial? { dials[connection] }

    func isDialling(_ target: DialTarget, as role: Role) -> Bool {
        dials.values.contains { $0.role == role && $0.target.isSame(as: target) }
    }

    mutating func begin(_ dial: Dial, on connection: ConnectionID) { dials[connection] = dial }
    mutating func end(_ connection: ConnectionID) -> Dial? { dials.removeValue(forKey: connection) }
}

extension DialTarget {
    /// Whether both lead to the same node, as far as can be told before.
    func isSame(as other: DialTarget) -> Bool {
        switch (self, other) {
        case (.member(let one, _, _), .member(let two, _, _)): one == two
        case (.entry(let one), .entry(let two)): one == two
        case (.member, .entry), (.entry, .member): false
        }
    }

    var endpoints: [Endpoint] {
        switch self {
        case .member(_, _, let addresses): addresses
        case .entry(let entry): [entry.endpoint]
        }
    }
}
