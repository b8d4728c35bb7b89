// Names and forms that have no place in the code, or not in this part of it.

enum CodeRules {
    private static let clocks = [
        "Date()", "Date.now", "ContinuousClock", "SuspendingClock", "DispatchTime", "clock_gettime", "Task.sleep",
        "ProcessInfo",
    ]
    private static let randomSources = [
        "SystemRandomNumberGenerator", "arc4random", ".hashValue", "UUID()",
    ]
    /// Calls that draw from the system unless they are given a generator.
    private static let drawing = [".random(", ".shuffled(", ".shuffle(", ".randomElement("]
    private static let faces: Set<String> = ["TerminalFace", "passant", "simulate"]

    static func findings(in file: TextFile, page: ArchitecturePage) -> [Finding] {
        guard let target = file.target, file.isSwift, !file.isGenerated else { return [] }
        let code = file.code
        var findings: [Finding] = []
        for (index, line) in code.enumerated() {
            func find(_ rule: Rule, _ what: String) {
                findings.append(Finding(rule: rule, path: file.path, line: index + 1, what: what))
            }
            if page.pure.contains(target) {
                for name in clocks where line.uses(name) { find(.clock, "\(name) in a pure target") }
                for name in randomSources where line.uses(name) { find(.randomness, "\(name) in a pure target") }
                for name in drawing where drawsFromNowhere(name, code: code, at: index) {
                    find(.randomness, "\(name) without `using:` in a pure target")
                }
            }
            if !page.entropy.contains(target), line.uses("SystemEntropy") {
                find(.entropy, "\(target) may not ask the system for entropy")
            }
            for name in ["try!", "as!", "fatalError"] where line.uses(name) { find(.trap, name) }
            if hasForcedUnwrap(line) { find(.trap, "a forced unwrap") }
            if !faces.contains(target), line.uses("print(") || line.uses("debugPrint(") || line.uses("dump(") {
                find(.output, "output past the log")
            }
        }
        return findings
    }

    /// Whether a call that begins on this line ends without naming a generator.
    private static func drawsFromNowhere(_ name: String, code: [String], at index: Int) -> Bool {
        guard let start = code[index].firstRange(of: name) else { return false }
        var depth = 1
        var call = ""
        for line in [String(code[index][start.upperBound...])] + code[(index + 1)...].prefix(8) {
            for character in line {
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                if depth == 0 { return !call.contains("using:") }
                call.append(character)
            }
        }
        return true
    }

    /// A `!` behind a value and not before `=`. Heuristic, and good enough for code that is formatted.
    private static func hasForcedUnwrap(_ line: String) -> Bool {
        let characters = Array(line)
        for (index, character) in characters.enumerated().dropFirst() where character == "!" {
            let before = characters[index - 1]
            guard before.isLetter || before.isNumber || "_)]}\"`".contains(before) else { continue }
            if index + 1 < characters.count, characters[index + 1] == "=" { continue }
            let head = String(characters[..<index])
            if head.endsWithWord("try") || head.endsWithWord("as") { continue }  // They have findings of their own.
            return true
        }
        return false
    }
}

extension String {
    /// Whether the text occurs and is not part of a longer name.
    func uses(_ name: String) -> Bool {
        guard utf8.has(name.utf8) else { return false }
        var rest = self[...]
        while let found = rest.firstRange(of: name) {
            let before = found.lowerBound > startIndex ? self[index(before: found.lowerBound)] : " "
            let after = found.upperBound < endIndex ? self[found.upperBound] : " "
            let beginsInside = name.first?.isNamePart == true && (before.isNamePart || before == ".")
            let endsInside = name.last?.isNamePart == true && after.isNamePart
            if !beginsInside, !endsInside { return true }
            rest = self[found.upperBound...]
        }
        return false
    }

    func endsWithWord(_ word: String) -> Bool {
        hasSuffix(word) && (count == word.count || !self[index(endIndex, offsetBy: -word.count - 1)].isNamePart)
    }
}

extension Character {
    var isNamePart: Bool { isLetter || isNumber || self == "_" }
}

extension String.UTF8View {
    /// Most lines use no name at all, and this is the quick way to know.
    fileprivate func has(_ other: String.UTF8View) -> Bool {
        guard let head = other.first else { return true }
        var rest = self[...]
        while let found = rest.firstIndex(of: head) {
            if rest[found...].starts(with: other) { return true }
            rest = rest[index(after: found)...]
        }
        return false
    }
}
