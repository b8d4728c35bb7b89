// The house's own rules, held against the house. What each rule is for: Docs/Testing.md.

import Testing

@Suite("Tidiness")
struct TidyTests {
    private static let page = ArchitecturePage(Repository.file(at: "Docs/Architecture.md")?.text ?? "")

    private func expectNone(_ findings: [Finding], location: SourceLocation = #_sourceLocation) {
        #expect(findings.isEmpty, "\n\(findings.map(\.description).joined(separator: "\n"))", sourceLocation: location)
    }

    @Test("the repository is found and has something in it")
    func found() {
        #expect(Repository.sources.count > 100)
        #expect(Repository.tests.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
        #expect(!Repository.everything.contains { $0.path.contains("TidyTests/Fixtures") })
    }

    @Test("every import is in the table of Docs/Architecture.md")
    func imports() {
        expectNone(Repository.sources.flatMap { ImportRules.findings(in: $0, page: Self.page) })
    }

    @Test("the table names every target, and its arrows point down")
    func table() {
        expectNone(ImportRules.findings(in: Self.page, folders: Repository.targetFolders))
    }

    @Test("the node's program has no stand-ins for cryptography")
    func program() throws {
        expectNone(PackageRules.findings(in: try #require(Repository.file(at: "Package.swift"))))
    }

    @Test("pure targets know no clock and no randomness of their own, and nothing traps or prints")
    func code() {
        expectNone(Repository.sources.flatMap { CodeRules.findings(in: $0, page: Self.page) })
    }

    @Test("files and functions are short, and nothing is marked as unfinished")
    func sizes() {
        expectNone(Repository.everything.flatMap(SizeRules.findings(in:)))
        for warning in (Repository.sources + Repository.tests).flatMap(SizeRules.warnings(in:)) {
            print("long file: \(warning)")
        }
    }

    @Test("every page and section of the protocol that is cited is there")
    func citations() {
        let pages = Repository.protocolPages.map { name in
            (name, CitationRules.sections(of: Repository.file(at: "Protocol/\(name)")?.text ?? ""))
        }
        let sections = Dictionary(uniqueKeysWithValues: pages)
        expectNone(Repository.everything.flatMap { CitationRules.findings(in: $0, pages: sections) })
    }

    @Test("the index of the protocol names every page and only pages that are there")
    func protocolIndex() {
        let index = Repository.file(at: "Protocol/README.md")?.text ?? ""
        expectNone(ProtocolIndex.findings(index: index, pages: Repository.protocolPages))
    }
}
