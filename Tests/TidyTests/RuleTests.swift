// A rule that has stopped working looks like a clean house. So each rule must fire on a fixture, exactly
// where the fixture says: `// ✗ rule` at the end of a line, and nowhere else.

import Foundation
import Testing

@Suite("The rules themselves")
struct RuleTests {
    private static let page = ArchitecturePage(
        """
        | target | layer | imports of ours | imports from outside | what it is for |
        |---|---|---|---|---|
        | Ground | ground | – | – | - |
        | Engine | engines | Ground | OrderedCollections | - |
        | Shell | shells | Ground, Engine | Foundation, NIOCore | - |
        Pure targets: Ground, Engine.
        System entropy: Shell.
        """)
    private static let pages: ProtocolPages = [
        "07-conversation.md": CitationRules.sections(of: "# 07\n## Text\n### Typing on")
    ]

    private static var fixtures: [TextFile] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            guard let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8),
                let path = text.split(separator: "\n").first?.after("// as ")
            else { return nil }
            return TextFile(path: path, text: text)
        }
    }

    /// Rule and line of every promise that a fixture makes.
    private static func promised(by file: TextFile) -> Set<String> {
        var promises: Set<String> = []
        for (index, line) in file.lines.enumerated() {
            guard let mark = line.firstRange(of: "// ✗ ") else { continue }
            for rule in line[mark.upperBound...].split(separator: ",") {
                promises.insert("\(index + 1) \(rule.trimmed)")
            }
        }
        return promises
    }

    private static func found(in file: TextFile) -> Set<String> {
        let findings =
            ImportRules.findings(in: file, page: page) + CodeRules.findings(in: file, page: page)
            + SizeRules.findings(in: file) + CitationRules.findings(in: file, pages: pages)
        return Set(findings.map { "\($0.line) \($0.rule.rawValue)" })
    }

    @Test("every rule fires where the fixtures say, and nowhere else")
    func fixtures() {
        #expect(Self.fixtures.count >= 4)
        for file in Self.fixtures {
            #expect(Self.found(in: file) == Self.promised(by: file), "\(file.path)")
        }
    }

    @Test("no rule is without a proof")
    func everyRuleIsProven() {
        let promised = Set(
            Self.fixtures.flatMap { Self.promised(by: $0) }.map { $0.drop { $0 != " " }.dropFirst() })
        let elsewhere: Set<Rule> = [.fileLength, .table, .protocolIndex, .program]
        for rule in Rule.allCases where !elsewhere.contains(rule) {
            #expect(promised.contains(Substring(rule.rawValue)), "\(rule.rawValue)")
        }
    }

    @Test("a file of 501 lines is too long, one of 301 is warned about, and a generated one may be long")
    func fileLength() {
        func file(_ count: Int, _ path: String = "Sources/Engine/Long.swift") -> TextFile {
            TextFile(path: path, text: String(repeating: "let x = 1\n", count: count))
        }
        func rules(_ file: TextFile) -> [Rule] { SizeRules.findings(in: file).map(\.rule) }
        #expect(rules(file(501)) == [.fileLength])
        #expect(rules(file(500)).isEmpty)
        #expect(rules(file(900, "Sources/Engine/Generated/Long.pb.swift")).isEmpty)
        #expect(SizeRules.warnings(in: file(301)).count == 1)
        #expect(SizeRules.warnings(in: file(300)).isEmpty)
    }

    @Test("a function of 61 lines is too long and one of 60 is not")
    func functionLength() {
        func file(_ count: Int) -> TextFile {
            let body = String(repeating: "    work()\n", count: count - 2)
            return TextFile(path: "Sources/Engine/F.swift", text: "func f() {\n\(body)}\n")
        }
        #expect(SizeRules.findings(in: file(60)).isEmpty)
        #expect(SizeRules.findings(in: file(61)).map(\.rule) == [.functionLength])
    }

    @Test("a folder without a row, a row without a folder, and a second row are found")
    func tableAgainstFolders() {
        let all = ["Ground", "Engine", "Shell"]
        #expect(ImportRules.findings(in: Self.page, folders: all).isEmpty)
        #expect(ImportRules.findings(in: Self.page, folders: all + ["Attic"]).count == 1)
        #expect(ImportRules.findings(in: Self.page, folders: ["Ground", "Engine"]).count == 1)
        let doubled = ArchitecturePage(
            "| A | ground | – | – | - |\n| A | ground | – | – | - |\nPure targets: A.\nSystem entropy: A.")
        #expect(ImportRules.findings(in: doubled, folders: ["A"]).count == 1)
    }

    @Test("an arrow that points up or to a sibling engine is found")
    func tableAgainstItself() {
        func findings(_ rows: String) -> [Finding] {
            let page = ArchitecturePage(rows + "\nPure targets: A.\nSystem entropy: A.")
            return ImportRules.findings(in: page, folders: ["A", "B"])
        }
        #expect(findings("| A | ground | – | – | - |\n| B | base | A | – | - |").isEmpty)
        #expect(findings("| A | ground | B | – | - |\n| B | base | – | – | - |").count == 1)
        #expect(findings("| A | engines | – | – | - |\n| B | engines | A | – | - |").count == 1)
        #expect(!findings("nothing that could be read").isEmpty)
        let broken = ArchitecturePage("| A | ground | – | – | - |\nPure targets: A,\nB.\nSystem entropy: A.")
        #expect(ImportRules.findings(in: broken, folders: ["A"]).count == 1)
    }

    @Test("a page that is only in the index or only on the disk is found")
    func index() {
        let index = "| 07 | [Conversation](07-conversation.md) |\n| 08 | [Control](08-control.md) |"
        #expect(ProtocolIndex.findings(index: index, pages: ["07-conversation.md", "08-control.md"]).isEmpty)
        #expect(ProtocolIndex.findings(index: index, pages: ["07-conversation.md"]).count == 1)
        let more = ["07-conversation.md", "08-control.md", "09-lists.md"]
        #expect(ProtocolIndex.findings(index: index, pages: more).count == 1)
        #expect(!ProtocolIndex.findings(index: "", pages: []).isEmpty)
    }

    @Test("stand-ins that the node's program would get over another target are found")
    func program() {
        func findings(_ shellNeeds: String) -> [Finding] {
            PackageRules.findings(
                in: TextFile(
                    path: "Package.swift",
                    text: """
                        .target(
                            name: "CSimulatedSodium", dependencies: ["Ground"]),
                        library("Shell", [\(shellNeeds)]),
                        .executableTarget(
                            name: "passant",
                            dependencies: [
                                "Shell", argumentParser,
                            ]),
                        """))
        }
        #expect(findings("\"Ground\"").isEmpty)
        #expect(findings("\"Ground\", \"CSimulatedSodium\"").map(\.rule) == [.program])
        #expect(PackageRules.findings(in: TextFile(path: "Package.swift", text: "")).map(\.rule) == [.program])
    }

    @Test("comments and sentences are no code, interpolations are")
    func reader() {
        let text = ##"""
            let a = "try! \(b as! C) /* no comment"  // as! here
            /* try! /* nested */ as! */ let d = #"raw \(not) "quoted" \#(code!)"#
            """##
        let code = CodeReader.code(of: text)
        #expect(!code.contains("try!"))
        #expect(code.contains("(b as! C)"))
        #expect(code.components(separatedBy: "as!").count == 2)
        #expect(code.contains("let d") && code.contains("(code!)") && !code.contains("quoted"))
        #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
    }
}
