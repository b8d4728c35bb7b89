// Docs/Architecture.md as the tidiness tests read it: the import table, the pure targets, and who may ask the
// system for entropy.

/// The rules that the page states.
struct ArchitecturePage {
    struct Row {
        let target: String
        let layer: String
        let ours: [String]
        let outside: [String]
    }

    private(set) var rows: [Row] = []
    private(set) var pure: Set<String> = []
    private(set) var entropy: Set<String> = []

    init(_ text: String) {
        for line in text.split(separator: "\n").map(String.init) {
            // A full stop ends the list: one that runs on to the next line would be read in part.
            if line.hasSuffix(".") {
                if let names = line.after("Pure targets:") { pure = Set(Self.names(names)) }
                if let names = line.after("System entropy:") { entropy = Set(Self.names(names)) }
            }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmed }
            // Five cells between six bars; the head and its rule are no rows.
            guard line.hasPrefix("|"), cells.count == 7, cells[1] != "target", !cells[1].hasPrefix("-") else {
                continue
            }
            rows.append(
                Row(target: cells[1], layer: cells[2], ours: Self.names(cells[3]), outside: Self.names(cells[4])))
        }
    }

    func row(of target: String) -> Row? { rows.first { $0.target == target } }

    private static func names(_ list: String) -> [String] {
        list.split { $0 == "," || $0 == " " || $0 == "." }.map(String.init).filter { $0 != "–" && $0 != "-" }
    }
}

extension StringProtocol {
    /// What follows a beginning; nil when the text begins otherwise.
    func after(_ beginning: String) -> String? {
        hasPrefix(beginning) ? String(dropFirst(beginning.count)) : nil
    }

    var trimmed: String {
        var rest = Substring(self)
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
