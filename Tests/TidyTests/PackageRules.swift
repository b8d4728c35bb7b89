// What Package.swift puts into the node's own program: never the stand-ins for cryptography that simulated runs have.

enum PackageRules {
    static let program = "passant"
    static let forbidden = "CSimulatedSodium"

    /// Follows the dependencies from the program, as the package names them.
    static func findings(in package: TextFile) -> [Finding] {
        func finding(_ what: String) -> Finding {
            Finding(rule: .program, path: package.path, line: 0, what: what)
        }
        let targets = targets(in: package.text)
        guard targets[program]?.isEmpty == false, targets[forbidden] != nil else {
            return [finding("\(program) or \(forbidden) cannot be found among the targets")]
        }
        var seen: Set<String> = []
        var next = [program]
        while let target = next.popLast() {
            if seen.insert(target).inserted { next += targets[target] ?? [] }
        }
        return seen.contains(forbidden) ? [finding("\(program) would contain \(forbidden)")] : []
    }

    /// Every target with all names that stand in its declaration; the other targets among them are what it needs.
    static func targets(in text: String) -> [String: [String]] {
        let kinds = ["library(", ".target(", ".executableTarget(", ".systemLibrary(", ".testTarget(", "tests("]
        var targets: [String: [String]] = [:]
        var name: String?
        var isBeginning = false
        for line in text.split(separator: "\n").map(\.trimmed) {
            if kinds.contains(where: line.hasPrefix) { (name, isBeginning) = (nil, true) }
            for word in quoted(in: line) {
                if isBeginning {
                    (name, isBeginning) = (word, false)
                    targets[word] = []
                } else if let name {
                    targets[name]?.append(word)
                }
            }
        }
        return targets
    }

    /// What stands between quotation marks.
    private static func quoted(in line: String) -> [String] {
        let pieces = line.split(separator: "\"", omittingEmptySubsequences: false)
        return pieces.indices.filter { $0 % 2 == 1 && $0 + 1 < pieces.count }.map { String(pieces[$0]) }
    }
}
