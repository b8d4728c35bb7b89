// What a rule says about a place.

/// The rules of the house that a machine can check.
enum Rule: String, CaseIterable {
    /// An import that the table does not allow.
    case importTable = "import-table"
    /// A module that has no place in a pure target, whatever the table says.
    case pureImport = "pure-import"
    /// A clock in a pure target.
    case clock
    /// Random numbers in a pure target that are not taken from a given stream.
    case randomness
    /// The system's entropy outside the targets that may ask for it.
    case entropy
    /// `try!`, `as!`, `fatalError`, a forced unwrap.
    case trap
    /// Output that goes past the log and the faces.
    case output
    case functionLength = "function-length"
    case fileLength = "file-length"
    /// A mark of unfinished work.
    case unfinished
    /// A comment that cites a page of the protocol that is not there.
    case citation
    /// The table against itself and against the folders.
    case table
    /// The node's program would contain what only simulated runs may.
    case program
    /// The index of the protocol against the pages.
    case protocolIndex = "protocol-index"
}

/// One place where a rule is broken.
struct Finding: Hashable, CustomStringConvertible {
    let rule: Rule
    let path: String
    /// Counted from 1; 0 for a whole file.
    let line: Int
    let what: String

    var description: String { "\(path):\(line): [\(rule.rawValue)] \(what)" }
}
