// How many columns a character takes in a terminal. Terminals differ about the newest emoji; what is drawn
// here stays in order even then, since every row is drawn anew from its start.

/// Widths in terminal columns.
enum TextWidth {
    /// 0, 1 or 2.
    static func of(_ character: Character) -> Int {
        var width = 0
        var scalars = character.unicodeScalars.makeIterator()
        guard let first = scalars.next() else { return 0 }
        width = of(first)
        var regional = isRegionalIndicator(first) ? 1 : 0
        while let scalar = scalars.next() {
            // Emoji presentation, or a pair that makes a flag.
            if scalar.value == 0xFE0F, first.properties.isEmoji { width = 2 }
            if isRegionalIndicator(scalar) { regional += 1 }
            width = max(width, of(scalar))
        }
        return regional >= 2 ? 2 : min(width, 2)
    }

    static func of(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + of($1) } }

    /// The longest beginning of the text that takes at most so many columns.
    static func prefix(_ text: String, columns: Int) -> String {
        var result = ""
        var width = 0
        for character in text {
            width += of(character)
            guard width <= columns else { break }
            result.append(character)
        }
        return result
    }

    private static func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool {
        (0x1F1E6...0x1F1FF).contains(scalar.value)
    }

    static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if (0x20..<0x7F).contains(value) { return 1 }
        if value < 0x300 { return value < 0x20 || (0x7F..<0xA0).contains(value) || value == 0xAD ? 0 : 1 }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if properties.isEmojiPresentation { return isRegionalIndicator(scalar) ? 1 : 2 }
        return isWide(value) ? 2 : 1
    }

    /// East Asian Wide and Fullwidth, as blocks.
    private static func isWide(_ value: UInt32) -> Bool {
        guard value >= 0x1100 else { return false }
        var low = 0
        var high = wideRanges.count - 1
        while low <= high {
            let middle = (low + high) / 2
            let range = wideRanges[middle]
            if value < range.lowerBound {
                high = middle - 1
            } else if value > range.upperBound {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }

    private static let wideRanges: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
        0x16FE0...0x16FF1, 0x17000...0x18CFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]
}
