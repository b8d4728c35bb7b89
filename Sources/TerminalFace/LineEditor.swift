// The line a person types in. It knows characters and a cursor; where they stand on the screen is the
// renderer's matter.

internal import Essentials

/// An editable text of bounded size with a cursor between its characters.
struct LineEditor: Hashable, Sendable {
    private(set) var characters: [Character] = []
    /// The cursor stands before the character of this position.
    private(set) var cursor = 0
    /// In bytes of UTF-8.
    let limit: Int

    init(limit: Int) { self.limit = limit }

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }

    mutating func clear() {
        characters = []
        cursor = 0
    }

    /// Does what the key asks; true when the text changed.
    mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .text(let text), .pasted(let text): return insert(Self.clean(text))
        case .lineFeed: return insert("\n")
        case .backspace: return remove(from: cursor - 1, to: cursor)
        case .delete: return remove(from: cursor, to: cursor + 1)
        case .deleteWord: return remove(from: wordStart, to: cursor)
        case .deleteToStart: return remove(from: 0, to: cursor)
        case .deleteToEnd: return remove(from: cursor, to: characters.count)
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .home: cursor = 0
        case .end: cursor = characters.count
        default: break
        }
        return false
    }

    /// Puts the text in at the cursor, or as much of it as there is room for.
    private mutating func insert(_ addition: String) -> Bool {
        let room = limit - text.utf8.count
        var fitting = addition
        while fitting.utf8.count > room {
            // By whole characters; a long overhang goes at once.
            fitting =
                fitting.utf8.count > room + 64 ? Self.prefix(fitting, bytes: max(0, room)) : String(fitting.dropLast())
        }
        guard !fitting.isEmpty else { return false }
        // Joined as text, so that a mark typed after its letter becomes one character with it.
        let before = String(characters[..<cursor]) + fitting
        let after = String(characters[cursor...])
        cursor = before.count
        characters = Array(before + after)
        cursor = min(cursor, characters.count)
        return true
    }

    private static func prefix(_ text: String, bytes: Int) -> String {
        var result = ""
        var count = 0
        for character in text {
            count += character.utf8.count
            guard count <= bytes else { break }
            result.append(character)
        }
        return result
    }

    private mutating func remove(from start: Int, to end: Int) -> Bool {
        let start = max(0, start)
        let end = min(characters.count, end)
        guard start < end else { return false }
        characters.removeSubrange(start..<end)
        cursor = start
        return true
    }

    private var wordStart: Int {
        var position = cursor
        while position > 0, characters[position - 1].isWhitespace { position -= 1 }
        while position > 0, !characters[position - 1].isWhitespace { position -= 1 }
        return position
    }

    private var wordEnd: Int {
        var position = cursor
        while position < characters.count, characters[position].isWhitespace { position += 1 }
        while position < characters.count, !characters[position].isWhitespace { position += 1 }
        return position
    }

    /// Without control characters: line feeds stay, tabs become spaces, carriage returns become line feeds.
    private static func clean(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var wasReturn = false
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A:
                if !wasReturn { result.append("\n") }
            case 0x0D: result.append("\n")
            case 0x09: result.append(" ")
            case 0..<0x20, 0x7F..<0xA0: break
            default: result.append(scalar)
            }
            wasReturn = scalar.value == 0x0D
        }
        return String(result)
    }
}
