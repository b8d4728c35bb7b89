// Draws the chat with a few ANSI sequences: lines scroll by as in any program, and the two rows at the bottom
// (what Esc does and who is typing; the line being typed) are taken away and drawn anew. No alternate screen,
// so the conversation stays readable above the prompt, and is nowhere else.

internal import Essentials

/// Turns lines and the prompt into what a terminal understands. Pure.
struct ScreenRenderer: Sendable {
    let style: Style
    var columns: Int
    private var isDrawn = false

    init(style: Style, columns: Int) {
        self.style = style
        self.columns = columns
    }

    /// Room for a sign, a character and the cursor.
    private var width: Int { max(columns - 1, 8) }

    /// Bracketed paste on.
    static let enter = "\u{1B}[?2004h"
    /// Bracketed paste off.
    static let exit = "\u{1B}[?2004l"

    /// Prints the lines above the prompt and draws the prompt.
    mutating func draw(_ lines: [ScreenLine], _ prompt: ScreenPrompt) -> String {
        var output = erase()
        for line in lines { output += rows(of: line).map { $0 + "\r\n" }.joined() }
        isDrawn = true
        return output + information(prompt) + "\r\n" + edited(prompt.editor)
    }

    /// Takes the prompt away; the cursor stands where the next line goes.
    mutating func erase() -> String {
        guard isDrawn else { return "" }
        isDrawn = false
        return "\r\u{1B}[1A\u{1B}[J"
    }

    /// Empties the visible screen.
    mutating func clear() -> String {
        isDrawn = false
        return "\u{1B}[H\u{1B}[2J"
    }

    // MARK: - Lines

    func rows(of line: ScreenLine) -> [String] {
        switch line {
        case .you(let text): labelled(Words.you, text, .you)
        case .stranger(let text): labelled(Words.stranger, text, .stranger)
        case .named(let who, let text):
            labelled(
                TextWidth.prefix(TerminalText.neutralised(who), columns: 20), text,
                who.hasSuffix("2") ? .you : .stranger)
        case .status(let text): painted(text, .status)
        case .server(let text): painted(text, .server)
        case .notice(let text): painted(text, .notice)
        case .trouble(let text): painted(text, .trouble)
        }
    }

    private func labelled(_ who: String, _ text: String, _ tone: Style.Tone) -> [String] {
        let label = who + ":"
        var rows = LineWrap.rows(label: label + " ", text: text, columns: width)
        if let first = rows.first { rows[0] = style.paint(label, tone) + first.dropFirst(label.count) }
        return rows
    }

    private func painted(_ text: String, _ tone: Style.Tone) -> [String] {
        LineWrap.rows(label: "", text: text, columns: width).map { style.paint($0, tone) }
    }

    // MARK: - The prompt

    /// What fits of: who is typing, what Esc does, what became of one's own words.
    private func information(_ prompt: ScreenPrompt) -> String {
        var parts = ["Esc: " + prompt.button]
        if !prompt.typists.isEmpty { parts.append(Words.typing(prompt.typists.map { TerminalText.neutralised($0) })) }
        if prompt.isInterrupted { parts.append(Words.interruptedMark) }
        switch prompt.delivery {
        case .none: break
        case .onTheWay(let count): parts.append(Words.onTheWay(count))
        case .arrived: parts.append(style.hasUnicode ? "\(style.deliveredMark) \(Words.delivered)" : Words.delivered)
        }
        // The last ones go first when there is no room; typing is worth more than the button's label.
        var shown = parts.joined(separator: style.separator)
        while TextWidth.of(shown) > width, parts.count > 1 {
            if parts.count == 2, !prompt.typists.isEmpty { parts.removeFirst() } else { parts.removeLast() }
            shown = parts.joined(separator: style.separator)
        }
        return style.paint(TextWidth.prefix(shown, columns: width), .notice)
    }

    /// The line being typed, scrolled so that the cursor is on it, and the cursor put in its place.
    private func edited(_ editor: LineEditor) -> String {
        let cells = editor.characters.map(shown)
        let widths = cells.map { TextWidth.of($0) }
        let room = width - 2
        let cursorColumn = widths[..<editor.cursor].reduce(0, +)
        // Half a row at a time, so that typing at the edge does not move everything at every key.
        let page = max(room / 2, 1)
        let firstColumn = cursorColumn < room ? 0 : ((cursorColumn - room) / page + 1) * page
        var text = ""
        var column = 0
        var startColumn: Int?
        for (cell, width) in zip(cells, widths) {
            if column >= firstColumn {
                let start = startColumn ?? column
                guard column + width - start <= room else { break }
                startColumn = start
                text += cell
            }
            column += width
        }
        let place = 2 + max(0, cursorColumn - (startColumn ?? 0))
        let sign = firstColumn == 0 ? "> " : "< "
        return sign + text + "\r\u{1B}[\(place)C"
    }

    /// A typed character as it is shown in the line: a line feed as a sign, anything odd in a visible form.
    private func shown(_ character: Character) -> String {
        character == "\n" ? style.lineFeedSign : TerminalText.neutralised(String(character))
    }
}
