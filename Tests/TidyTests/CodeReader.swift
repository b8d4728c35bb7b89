// Source text without what the compiler does not read as code, so that a word in a comment or in a sentence for
// people is not taken for a use of it.

/// Blanks comments and the contents of string literals; line breaks and interpolated code stay.
struct CodeReader {
    private let bytes: [UInt8]
    private var position = 0
    private var output: [UInt8] = []

    static func code(of text: String) -> String {
        var reader = CodeReader(bytes: Array(text.utf8))
        reader.readCode(isInterpolation: false)
        return String(decoding: reader.output, as: UTF8.self)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Whether two bytes stand here.
    private func isAt(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
        position + 1 < bytes.count && bytes[position] == UInt8(ascii: first)
            && bytes[position + 1] == UInt8(ascii: second)
    }

    private func isAt(_ text: [UInt8]) -> Bool {
        position + text.count <= bytes.count && text.indices.allSatisfy { bytes[position + $0] == text[$0] }
    }

    /// Goes on by one byte and leaves a blank for it.
    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where position < bytes.count {
            output.append(bytes[position] == UInt8(ascii: "\n") ? UInt8(ascii: "\n") : UInt8(ascii: " "))
            position += 1
        }
    }

    private mutating func keep() {
        output.append(bytes[position])
        position += 1
    }

    private mutating func readCode(isInterpolation: Bool) {
        var depth = 0
        while position < bytes.count {
            if isAt("/", "/") {
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { blank() }
            } else if isAt("/", "*") {
                skipBlockComment()
            } else if let hashes = hashesBeforeQuote() {
                readString(hashes: hashes)
            } else {
                if bytes[position] == UInt8(ascii: "(") { depth += 1 }
                if bytes[position] == UInt8(ascii: ")") {
                    if isInterpolation, depth == 0 { return }
                    depth -= 1
                }
                keep()
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if isAt("/", "*") {
                depth += 1
                blank(2)
            } else if isAt("*", "/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && position < bytes.count
    }

    /// How many `#` stand before a quotation mark here; nil when no string begins.
    private func hashesBeforeQuote() -> Int? {
        var ahead = position
        while ahead < bytes.count, bytes[ahead] == UInt8(ascii: "#") { ahead += 1 }
        return ahead < bytes.count && bytes[ahead] == UInt8(ascii: "\"") ? ahead - position : nil
    }

    private mutating func readString(hashes: Int) {
        for _ in 0..<hashes { keep() }
        let quotes = isAt(Array("\"\"\"".utf8)) ? 3 : 1
        for _ in 0..<quotes { keep() }
        let marks = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
        let end = [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + marks
        let escape = [UInt8(ascii: "\\")] + marks
        let interpolation = escape + [UInt8(ascii: "(")]
        while position < bytes.count {
            if isAt(end) {
                for _ in end { keep() }
                return
            }
            if isAt(interpolation) {
                blank(escape.count)
                keep()
                readCode(isInterpolation: true)
                if position < bytes.count { keep() }
            } else if isAt(escape) {
                blank(escape.count + 1)
            } else if quotes == 1, bytes[position] == UInt8(ascii: "\n") {
                return  // An unfinished literal; the compiler will say so.
            } else {
                blank()
            }
        }
    }
}
