// Just enough of a terminal to see what a person would see: characters, CR, LF, and the few sequences that
// the renderer uses. Anything else is recorded as a fault.

@testable import TerminalFace

struct MiniTerminal {
    let columns: Int
    private(set) var rows: [[String]] = [[]]
    private(set) var row = 0
    private(set) var column = 0
    private(set) var faults: [String] = []
    private(set) var modes: [String] = []
    private var pending = ""

    init(columns: Int) { self.columns = columns }

    /// All rows so far, without the spaces at their ends.
    var screen: [String] {
        rows.map { row in
            var text = row.joined()
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    mutating func show(_ output: String) {
        var scalars = Array((pending + output).unicodeScalars)[...]
        pending = ""
        while let scalar = scalars.popFirst() {
            switch scalar.value {
            case 0x0D: column = 0
            case 0x0A:
                row += 1
                if row == rows.count { rows.append([]) }
            case 0x1B: sequence(&scalars)
            case 0..<0x20, 0x7F..<0xA0: faults.append("control \(scalar.value)")
            default: put(scalar, &scalars)
            }
        }
    }

    private mutating func put(_ first: Unicode.Scalar, _ rest: inout ArraySlice<Unicode.Scalar>) {
        var character = String(first)
        // What belongs to the same character.
        while let next = rest.first, next.value >= 0x20, (character + String(next)).count == 1 {
            character += String(next)
            rest.removeFirst()
        }
        let width = TextWidth.of(character)
        if column + width > columns { faults.append("row too long at \(character)") }
        while rows[row].count < column + width { rows[row].append(" ") }
        rows[row][column] = character
        if width == 2 { rows[row][column + 1] = "" }
        column += width
    }

    private mutating func sequence(_ scalars: inout ArraySlice<Unicode.Scalar>) {
        guard scalars.popFirst() == "[" else { return faults.append("escape") }
        var parameters = ""
        while let scalar = scalars.popFirst() {
            guard (0x40...0x7E).contains(scalar.value) else {
                parameters.unicodeScalars.append(scalar)
                continue
            }
            switch (scalar, parameters) {
            case ("A", _): row = max(0, row - (Int(parameters) ?? 1))
            case ("C", _): column += Int(parameters) ?? 1
            case ("J", ""):
                rows[row] = Array(rows[row].prefix(column))
                rows.removeSubrange((row + 1)...)
            case ("J", "2"): rows = [[]]
            case ("H", ""): (row, column) = (0, 0)
            case ("m", _): break
            case ("h", "?2004"), ("l", "?2004"): modes.append(parameters + String(scalar))
            default: faults.append("sequence \(parameters)\(scalar)")
            }
            return
        }
    }
}
