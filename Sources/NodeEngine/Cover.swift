// How many distinct members stand between two strangers, as far as this node can know.

internal import Identity

/// Counts the members on a path and words what is missing.
enum Cover {
    /// The members on a full path: home, door, the stranger's home.
    static let full = 3
    /// The same with a relay on either side.
    static let extended = 5
    /// As many of the full path as one side can know: the stranger's home stays the stranger's, and may be the own one.
    static let known = 2

    /// The distinct members on the path that this side knows of.
    static func count(home: NodeKey, relay: NodeKey? = nil, door: NodeKey) -> Int {
        Set([home, relay, door].compactMap { $0 }).count
    }

    /// The most that a mesh of this size can give.
    static func possible(members: Int) -> Int { min(full, members) }

    /// What the person is told before the first word, when the path or the mesh is too small to hide anyone.
    /// - Parameter cover: of the path, or nil when there is none yet.
    static func warning(cover: Int?, members: Int) -> String? {
        guard members < full else {
            guard let cover, cover < known else { return nil }
            return "There is little cover: one member is both your home and the door of this path, "
                + "and can tell more easily who talks with whom, though not what is said."
        }
        let noun = members == 1 ? "member" : "members"
        return "There is no cover: \(members) \(noun). A mesh this small hides nobody: "
            + "whoever runs it can tell who talks with whom, though not what is said."
    }

    /// What whoever wished for more is told when there is no relay.
    static func shortage(members: Int) -> String {
        "Cover \(possible(members: members)) only: there is no further member "
            + "that could stand between your home and the door of this path."
    }
}
