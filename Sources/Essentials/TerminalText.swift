// What a stranger types must never steer a terminal or hide in it. Everything that could is written in a
// visible form instead; nothing is dropped without a sign.

/// Makes text from outside safe to show.
public enum TerminalText {
    /// How many combining marks one character may carry; further ones become one U+FFFD.
    public static let marksMaximum = 6

    /// The same text with every control, reordering and invisible character in a visible form, so that it
    /// stays on its one line, in the order it was written. A tab becomes a space. Emoji sequences, joiners
    /// between letters, and marks up to `marksMaximum` a character stay as they are.
    public static func neutralised(_ text: some StringProtocol) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        var marks = 0
        var afterJoiner = true
        var position = 0
        while position < scalars.count {
            let scalar = scalars[position]
            position += 1
            if scalar.value == 0x1F3F4, let flag = flagTags(in: scalars, from: position) {
                result.append(scalar)
                result.append(contentsOf: scalars[position..<position + flag])
                position += flag
                (marks, afterJoiner) = (0, false)
                continue
            }
            switch kind(of: scalar) {
            case .plain:
                (marks, afterJoiner) = (0, false)
                result.append(scalar)
            case .mark:
                marks += 1
                if marks <= marksMaximum { result.append(scalar) }
                if marks == marksMaximum + 1 { result.append("\u{FFFD}") }
            case .joiner where !afterJoiner:
                afterJoiner = true
                marks = 0
                result.append(scalar)
            case .joiner, .hidden:
                (marks, afterJoiner) = (0, false)
                result.append(contentsOf: visibleForm(of: scalar).unicodeScalars)
            }
        }
        return String(result)
    }

    private enum Kind { case plain, mark, joiner, hidden }

    private static func kind(of scalar: Unicode.Scalar) -> Kind {
        let value = scalar.value
        if (0x20..<0x7F).contains(value) { return .plain }
        switch value {
        case 0x200C, 0x200D: return .joiner
        // Marks of direction that right-to-left keyboards write; they cannot turn what stands around them.
        case 0x061C, 0x200E, 0x200F: return .plain
        case 0xFFF9...0xFFFB: return .hidden
        default: break
        }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return .mark
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: return .hidden
        default: return properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint ? .hidden : .plain
        }
    }

    private static func visibleForm(of scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x09: return " "
        case 0..<0x20: return Unicode.Scalar(0x2400 + scalar.value).map { String($0) } ?? "?"
        case 0x7F: return "\u{2421}"
        default:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            return "<U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ">"
        }
    }

    /// How many tag characters of a well-known flag (England, Scotland, Wales) follow; nil for anything else,
    /// since tags can carry text that nobody sees.
    private static func flagTags(in scalars: [Unicode.Scalar], from start: Int) -> Int? {
        for region in ["gbeng", "gbsct", "gbwls"] {
            let tags = region.unicodeScalars.map { 0xE0000 + $0.value } + [0xE007F]
            guard scalars.count - start >= tags.count else { continue }
            if zip(scalars[start...], tags).allSatisfy({ $0.value == $1 }) { return tags.count }
        }
        return nil
    }
}
