// Bytes from a terminal to keys: UTF-8, the control keys of a line editor, the escape sequences of cursor keys,
// and bracketed paste. Everything it holds is bounded; what it does not know it passes over.

/// Reads keys out of what a terminal in raw mode sends.
struct KeyReader: Sendable {
    private enum State: Hashable {
        case ground
        case escape
        /// After ESC [: parameters so far.
        case sequence([UInt8])
        /// After ESC O.
        case single
    }

    static let sequenceMaximum = 32
    static let pasteMaximum = 64 * 1024

    private var state = State.ground
    private var partial: [UInt8] = []
    private var pasted: [UInt8]?

    /// True while an ESC may be the Esc key or the start of a sequence; `flush()` after a while settles it.
    var isUndecided: Bool { state == .escape && pasted == nil }

    /// The keys that are complete. Characters that came together are one `.text`.
    mutating func read(_ bytes: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in bytes { read(byte, into: &keys) }
        return keys
    }

    /// Nothing came after an ESC: it was the Esc key.
    mutating func flush() -> [Key] {
        guard isUndecided else { return [] }
        state = .ground
        return [.escape]
    }

    private mutating func read(_ byte: UInt8, into keys: inout [Key]) {
        switch state {
        case .ground: ground(byte, &keys)
        case .escape: escape(byte, &keys)
        case .single:
            state = .ground
            keys.append(Self.cursorKey(byte) ?? .other)
        case .sequence(var parameters):
            switch byte {
            case 0x20...0x3F:
                parameters.append(byte)
                state = parameters.count <= Self.sequenceMaximum ? .sequence(parameters) : .ground
            case 0x40...0x7E:
                state = .ground
                finish(parameters, byte, &keys)
            default:
                state = .ground
            }
        }
    }

    private mutating func ground(_ byte: UInt8, _ keys: inout [Key]) {
        if byte == 0x1B {
            partial = []
            state = .escape
        } else if pasted != nil {
            if let count = pasted?.count, count < Self.pasteMaximum { pasted?.append(byte) }
        } else if byte < 0x20 || byte == 0x7F {
            partial = []
            keys.append(Self.controlKey(byte))
        } else {
            text(byte, &keys)
        }
    }

    private mutating func text(_ byte: UInt8, _ keys: inout [Key]) {
        if byte < 0x80 || byte >= 0xC0 { partial = [] }
        partial.append(byte)
        if let text = String(validating: partial, as: UTF8.self) {
            partial = []
            if case .text(let before)? = keys.last {
                keys[keys.count - 1] = .text(before + text)
            } else {
                keys.append(.text(text))
            }
        } else if partial.count >= 4 || byte < 0xC0 && partial.count == 1 {
            // No character has a fifth byte, or begins with a continuation byte.
            partial = []
        }
    }

    private mutating func escape(_ byte: UInt8, _ keys: inout [Key]) {
        state = .ground
        guard pasted == nil else {
            // Inside a paste only the sequence that ends it counts.
            if byte == UInt8(ascii: "[") { state = .sequence([]) }
            return
        }
        switch byte {
        case UInt8(ascii: "["): state = .sequence([])
        case UInt8(ascii: "O"): state = .single
        case 0x1B:
            keys.append(.escape)
            state = .escape
        case 0x0D, 0x0A: keys.append(.lineFeed)
        case 0x7F, 0x08: keys.append(.deleteWord)
        case UInt8(ascii: "b"): keys.append(.wordLeft)
        case UInt8(ascii: "f"): keys.append(.wordRight)
        default: keys.append(.other)
        }
    }

    private mutating func finish(_ parameters: [UInt8], _ final: UInt8, _ keys: inout [Key]) {
        let text = String(decoding: parameters, as: UTF8.self)
        if final == UInt8(ascii: "~"), text == "200" {
            pasted = pasted ?? []
        } else if final == UInt8(ascii: "~"), text == "201" {
            if let bytes = pasted { keys.append(.pasted(String(decoding: bytes, as: UTF8.self))) }
            pasted = nil
        } else if pasted == nil {
            keys.append(Self.sequenceKey(text, final))
        }
    }

    private static func sequenceKey(_ parameters: String, _ final: UInt8) -> Key {
        if final == UInt8(ascii: "~") {
            switch parameters {
            case "1", "7": return .home
            case "4", "8": return .end
            case "3": return .delete
            case "27;2;13", "27;3;13": return .lineFeed
            default: return .other
            }
        }
        if final == UInt8(ascii: "u") { return parameters == "13;2" || parameters == "13;3" ? .lineFeed : .other }
        guard let key = cursorKey(final) else { return .other }
        // A modifier (5 is Ctrl, 3 is Alt) makes left and right go by words.
        let isWord = parameters.hasSuffix(";5") || parameters.hasSuffix(";3")
        return switch key {
        case .left where isWord: .wordLeft
        case .right where isWord: .wordRight
        default: key
        }
    }

    private static func cursorKey(_ final: UInt8) -> Key? {
        switch final {
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "M"): .enter
        default: nil
        }
    }

    private static func controlKey(_ byte: UInt8) -> Key {
        switch byte {
        case 0x0D, 0x0A: .enter
        case 0x7F, 0x08: .backspace
        case 0x01: .home
        case 0x02: .left
        case 0x04: .endOfInput
        case 0x05: .end
        case 0x06: .right
        case 0x0B: .deleteToEnd
        case 0x0C: .redraw
        case 0x15: .deleteToStart
        case 0x17: .deleteWord
        case 0x1A: .suspend
        default: .other
        }
    }
}
