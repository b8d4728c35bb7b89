// Lengths and marks: what can be seen without knowing the language well.

enum SizeRules {
    static let warnedFileLength = 300
    static let maximumFileLength = 500
    static let maximumFunctionLength = 60

    static func findings(in file: TextFile) -> [Finding] {
        unfinished(in: file) + lengths(in: file)
    }

    /// Files that are on their way to the limit.
    static func warnings(in file: TextFile) -> [String] {
        guard file.isSwift, !file.isGenerated, file.lineCount > warnedFileLength else { return [] }
        return ["\(file.path) has \(file.lineCount) lines"]
    }

    // The words are put together here, so that this file does not contain them.
    private static let marks = ["TO" + "DO", "FIX" + "ME"]

    private static func unfinished(in file: TextFile) -> [Finding] {
        file.lines.enumerated().filter { line in marks.contains { line.element.uses($0) } }.map {
            Finding(rule: .unfinished, path: file.path, line: $0.offset + 1, what: "a mark of unfinished work")
        }
    }

    private static func lengths(in file: TextFile) -> [Finding] {
        guard file.isSwift, !file.isGenerated else { return [] }
        var findings: [Finding] = []
        if file.lineCount > maximumFileLength {
            findings.append(
                Finding(rule: .fileLength, path: file.path, line: 0, what: "\(file.lineCount) lines"))
        }
        let code = file.code
        for start in code.indices where isFunction(code[start]) {
            guard let length = functionLength(code[start...]), length > maximumFunctionLength else { continue }
            findings.append(
                Finding(rule: .functionLength, path: file.path, line: start + 1, what: "\(length) lines"))
        }
        return findings
    }

    private static let modifiers: Set<Substring> = ["public", "package", "internal", "private", "fileprivate"]

    private static func isFunction(_ line: String) -> Bool {
        if line.uses("func ") { return true }
        guard let start = line.firstRange(of: "init(") else { return false }
        return line[..<start.lowerBound].split(separator: " ").allSatisfy(modifiers.contains)
    }

    /// From the line with `func` to the brace that closes its body; nil when it has none, as in a protocol.
    private static func functionLength(_ lines: ArraySlice<String>) -> Int? {
        var depth = 0
        var hasBody = false
        for (offset, line) in lines.enumerated() {
            if !hasBody, offset > 0, isFunction(line) || offset > 15 { return nil }
            for character in line {
                if character == "{" {
                    depth += 1
                    hasBody = true
                }
                if character == "}" { depth -= 1 }
                if depth < 0 { return nil }
            }
            if hasBody, depth == 0 { return offset + 1 }
        }
        return nil
    }
}
