// Imports against the table, and the table against itself.

enum ImportRules {
    private static let impureModules: Set<String> = [
        "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Musl", "Darwin", "Logging", "Metrics",
    ]

    static func findings(in file: TextFile, page: ArchitecturePage) -> [Finding] {
        guard let target = file.target, file.isSwift, !file.isGenerated else { return [] }
        let row = page.row(of: target)
        let allowed = Set((row?.ours ?? []) + (row?.outside ?? []))
        var findings: [Finding] = []
        for (index, line) in file.code.enumerated() {
            guard let module = importedModule(line) else { continue }
            if !allowed.contains(module) {
                findings.append(
                    Finding(
                        rule: .importTable, path: file.path, line: index + 1,
                        what: "\(target) may not import \(module); see Docs/Architecture.md"))
            }
            if page.pure.contains(target), impureModules.contains(module) || module.hasPrefix("NIO") {
                findings.append(
                    Finding(
                        rule: .pureImport, path: file.path, line: index + 1,
                        what: "\(target) is pure and \(module) is not"))
            }
        }
        return findings
    }

    /// The module that a line imports, if it does.
    static func importedModule(_ line: String) -> String? {
        var words = line.split(separator: " ").map(String.init)[...]
        let before: Set<String> = ["public", "internal", "package", "private", "fileprivate"]
        while let word = words.first, word.hasPrefix("@") || before.contains(word) { words.removeFirst() }
        guard words.popFirst() == "import" else { return nil }
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "typealias", "let", "var"]
        if let word = words.first, kinds.contains(word) { words.removeFirst() }
        return words.first.map { String($0.prefix { $0 != "." }) }
    }

    /// The table must name every folder, only folders, and only arrows that point down.
    static func findings(in page: ArchitecturePage, folders: [String]) -> [Finding] {
        func finding(_ what: String) -> Finding {
            Finding(rule: .table, path: "Docs/Architecture.md", line: 0, what: what)
        }
        let named = page.rows.map(\.target)
        var findings = folders.filter { !named.contains($0) }.map { finding("\($0) is a folder without a row") }
        findings += named.filter { !folders.contains($0) }.map { finding("\($0) is a row without a folder") }
        for (place, row) in page.rows.enumerated() {
            if named.firstIndex(of: row.target) != place { findings.append(finding("\(row.target) has two rows")) }
            for needed in row.ours {
                guard let other = page.rows.prefix(place).first(where: { $0.target == needed }) else {
                    findings.append(finding("\(row.target) imports \(needed), which does not stand above it"))
                    continue
                }
                if row.layer == "engines", other.layer == "engines" {
                    findings.append(finding("\(row.target) and \(needed) are engines and must not know each other"))
                }
            }
        }
        for target in page.pure.sorted() + page.entropy.sorted() where !named.contains(target) {
            findings.append(finding("\(target) is named below the table and has no row"))
        }
        if page.rows.isEmpty || page.pure.isEmpty || page.entropy.isEmpty {
            findings.append(finding("the table, the pure targets or the entropy line cannot be read"))
        }
        return findings
    }
}
