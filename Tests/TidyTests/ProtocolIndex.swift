// Protocol/README.md against the pages that are there.

enum ProtocolIndex {
    static func findings(index: String, pages: [String]) -> [Finding] {
        let named = index.split(separator: "](").dropFirst().map { String($0.prefix { $0 != ")" }) }
            .filter { $0.hasSuffix(".md") && !$0.contains("/") }
        func finding(_ what: String) -> Finding {
            Finding(rule: .protocolIndex, path: "Protocol/README.md", line: 0, what: what)
        }
        return named.filter { !pages.contains($0) }.map { finding("\($0) is in the index and not there") }
            + pages.filter { !named.contains($0) }.map { finding("\($0) is there and not in the index") }
            + (named.isEmpty ? [finding("the index cannot be read")] : [])
    }
}
