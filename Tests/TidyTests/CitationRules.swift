// What the code cites of the protocol must be there: `Protocol/NN-name.md`, and sections as in
// `Protocol/NN-name.md, "Section" and "Other section"`, all on one line.

/// The sections of every page, by the page's file name.
typealias ProtocolPages = [String: Set<String>]

enum CitationRules {
    static func findings(in file: TextFile, pages: ProtocolPages) -> [Finding] {
        file.lines.enumerated().flatMap { index, line in
            citations(in: line).flatMap { missing(of: $0, in: pages) }.map {
                Finding(rule: .citation, path: file.path, line: index + 1, what: "there is no \($0)")
            }
        }
    }

    /// The sections that a page has.
    static func sections(of page: String) -> Set<String> {
        Set(
            page.split(separator: "\n").filter { $0.hasPrefix("##") }.map { $0.drop { $0 == "#" || $0 == " " } }.map(
                String.init))
    }

    private struct Citation {
        let page: String
        let sections: [String]
    }

    private static func missing(of citation: Citation, in pages: ProtocolPages) -> [String] {
        guard let sections = pages[citation.page] else { return ["Protocol/\(citation.page)"] }
        return citation.sections.filter { !sections.contains($0) }.map { "\"\($0)\" in Protocol/\(citation.page)" }
    }

    private static func citations(in line: String) -> [Citation] {
        line.split(separator: "Protocol/").dropFirst(line.hasPrefix("Protocol/") ? 0 : 1).compactMap { rest in
            let name = rest.prefix { $0.isNamePart || $0 == "-" || $0 == "." }
            guard name.first?.isNumber == true, let end = name.firstRange(of: ".md") else { return nil }
            return Citation(page: String(name[..<end.upperBound]), sections: sections(citedIn: rest[end.upperBound...]))
        }
    }

    /// The quoted names that follow directly, joined by commas and "and".
    private static func sections(citedIn text: Substring) -> [String] {
        var sections: [String] = []
        var rest = text
        while let joint = [", \"", " and \""].first(where: rest.hasPrefix) {
            rest = rest.dropFirst(joint.count)
            guard let end = rest.firstIndex(of: "\"") else { break }
            sections.append(String(rest[..<end]))
            rest = rest[rest.index(after: end)...]
        }
        return sections
    }
}
