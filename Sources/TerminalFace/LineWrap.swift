// Long texts in rows. Every row but the first is indented, so that a text cannot pretend to be a line of its
// own that begins with "You:".

internal import Essentials

/// Breaks what somebody wrote into rows of a terminal.
enum LineWrap {
    static let indent = "  "
    /// Line feeds beyond this many are shown as a sign instead.
    static let linesMaximum = 50

    /// The text's own lines, made safe to show; there is always at least one, and at most `linesMaximum`.
    static func lines(of text: String) -> [String] {
        var lines: [String] = []
        for part in text.unicodeScalars.split(omittingEmptySubsequences: false, whereSeparator: { $0.value == 0x0A }) {
            var line = part
            if line.last?.value == 0x0D { line.removeLast() }
            let safe = TerminalText.neutralised(String(String.UnicodeScalarView(line)))
            let isBlank = safe.allSatisfy(\.isWhitespace)
            // One empty line is a pause; twenty would push everything else off the screen.
            if isBlank, lines.last == "" { continue }
            lines.append(isBlank ? "" : safe)
        }
        guard lines.count > linesMaximum else { return lines.isEmpty ? [""] : lines }
        return lines.prefix(linesMaximum - 1) + [lines[(linesMaximum - 1)...].joined(separator: "\u{240A}")]
    }

    /// Rows of at most `columns`: the label before the first, the indent before all others.
    /// - Parameter label: its width counts, what stands in it is shown as it is.
    static func rows(label: String, text: String, columns: Int) -> [String] {
        var filling = Filling(columns: max(columns, 8), row: label)
        for (position, line) in lines(of: text).enumerated() {
            if position > 0 { filling.turn() }
            var spaces = 0
            for (place, word) in line.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
                if place > 0 { spaces += 1 }
                guard !word.isEmpty else { continue }
                filling.put(word, after: spaces)
                spaces = 0
            }
        }
        return filling.rows + [filling.row]
    }

    private struct Filling {
        let columns: Int
        var rows: [String] = []
        var row: String
        var width: Int

        init(columns: Int, row: String) {
            self.columns = columns
            self.row = row
            width = TextWidth.of(row)
        }

        mutating func turn() {
            rows.append(row)
            row = indent
            width = indent.count
        }

        mutating func put(_ word: Substring, after spaces: Int) {
            let needed = TextWidth.of(word)
            if width + spaces + needed <= columns {
                space(spaces)
                row += word
                width += needed
            } else if needed <= columns - indent.count {
                turn()
                row += word
                width += needed
            } else {
                // Longer than a row: it begins here and is broken anywhere.
                if width + spaces < columns { space(spaces) } else { turn() }
                for character in word {
                    let step = TextWidth.of(character)
                    if width + step > columns { turn() }
                    row.append(character)
                    width += step
                }
            }
        }

        private mutating func space(_ count: Int) {
            row += String(repeating: " ", count: count)
            width += count
        }
    }
}
