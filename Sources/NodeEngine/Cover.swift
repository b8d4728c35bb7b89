// How many distinct members stand between two strangers, as far as this node can know.

internal import Identity

/// Counts the members on a path and words what is missing.
enum Cover {
    /// The members on a full path: home, door, the stranger's home.
    static let full = 3

    /// The distinct members known on the path; the stranger's home counts when there is a member left to be it.
    static func count(home: NodeKey, door: NodeKey, members: Int) -> Int {
        let own = home == door ? 1 : 2
        return members > own ? own + 1 : own
    }

    /// The most that a mesh of this size can give.
    static func possible(members: Int) -> Int { min(full, members) }

    /// What the person is told before the first word, when the path or the mesh is too small to hide anyone.
    static func warning(cover: Int, members: Int) -> String? {
        guard cover < full else { return nil }
        guard members < full else {
            return "There is little cover: only \(cover) of the mesh's \(members) members are on this path, "
                + "so that few of them together can tell who talks with whom, though not what is said."
        }
        let noun = members == 1 ? "member" : "members"
        return "There is no cover: \(members) \(noun). A mesh this small hides nobody: "
            + "whoever runs it can tell who talks with whom, though not what is said."
    }
}
