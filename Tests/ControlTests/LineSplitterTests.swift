import ControlAPI
import Testing

struct LineSplitterTests {
    private func split(_ pieces: [String], limit: Int = 8) -> [String] {
        var splitter = LineSplitter(limit: limit)
        let items = pieces.flatMap { splitter.append(Array($0.utf8)) } + splitter.finish()
        return items.map { item in
            switch item {
            case .line(let bytes): String(decoding: bytes, as: UTF8.self)
            case .tooLong: "<too long>"
            }
        }
    }

    @Test("lines come out however the bytes arrive")
    func pieces() {
        #expect(split(["a\nbc", "d\r\n", "\n", "e"]) == ["a", "bcd", "", "e"])
        #expect(split("ab\ncd\n".map { String($0) }) == ["ab", "cd"])
    }

    @Test("an over-long line is told once, dropped to its end, and the next one is whole")
    func tooLong() {
        #expect(split(["12345678\n"]) == ["12345678"])
        #expect(split(["123456789\nok\n"]) == ["<too long>", "ok"])
        #expect(split(["12345678", "9", "0", "\nok\n"]) == ["<too long>", "ok"])
    }
}
