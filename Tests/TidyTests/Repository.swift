// What the tidiness tests look at: the files of this repository, as text.

import Foundation

/// One text file.
struct TextFile {
    /// From the repository's root, for example `Sources/Wire/Offer.swift`.
    let path: String
    let text: String
    let lines: [String]
    /// The lines as code: comments and the contents of strings are blank. Empty for what is not Swift.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let isSwift = path.hasSuffix(".swift")
        code =
            isSwift
            ? CodeReader.code(of: text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init) : []
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isGenerated: Bool { path.contains("/Generated/") }
    var isSource: Bool { path.hasPrefix("Sources/") }

    /// The folder under `Sources`; nil for other files.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    var lineCount: Int { lines.last == "" ? lines.count - 1 : lines.count }
}

/// The working copy that these tests belong to.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let sources = files(under: "Sources", endings: ["swift"])
    static let tests = files(under: "Tests", endings: ["swift"])
    static let pages = files(under: "Protocol", endings: ["md", "proto"]) + files(under: "Docs", endings: ["md"])

    /// Everything that people write.
    static var everything: [TextFile] {
        let loose = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "Makefile", "Package.swift"]
        return sources + tests + pages + files(under: "Scripts", endings: nil) + loose.compactMap(file(at:))
    }

    /// The folders of targets.
    static var targetFolders: [String] { names(in: "Sources") { $0.hasDirectoryPath } }

    /// The numbered pages of the protocol.
    static var protocolPages: [String] {
        names(in: "Protocol") { $0.pathExtension == "md" && $0.lastPathComponent != "README.md" }
    }

    static func file(at path: String) -> TextFile? {
        guard let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) else { return nil }
        return TextFile(path: path, text: text)
    }

    private static func names(in folder: String, where matches: (URL) -> Bool) -> [String] {
        let all = try? FileManager.default.contentsOfDirectory(
            at: root.appendingPathComponent(folder), includingPropertiesForKeys: [.isDirectoryKey])
        return (all ?? []).filter(matches).map(\.lastPathComponent).sorted()
    }

    /// Text files below a folder in a fixed order. Fixtures break rules on purpose and are not among them.
    private static func files(under folder: String, endings: Set<String>?) -> [TextFile] {
        let start = root.appendingPathComponent(folder)
        guard let walk = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil) else { return [] }
        return walk.compactMap { $0 as? URL }
            .map { $0.resolvingSymlinksInPath().path }
            .filter { !$0.contains("/Fixtures/") && (endings?.contains(($0 as NSString).pathExtension) ?? true) }
            .sorted()
            .compactMap { file(at: String($0.dropFirst(root.path.count + 1))) }
    }
}
