// Takes an input apart: numbers and pieces from its front. When it is used up everything reads as zero, so that
// every input is a whole one.

struct InputReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// 0..<bound.
    mutating func below(_ bound: Int) -> Int { Int(byte()) % max(1, bound) }

    mutating func flag() -> Bool { byte() & 1 == 1 }

    mutating func number(bytes: Int) -> UInt64 {
        (0..<bytes).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
    }

    /// A number of any size in few bytes, since the interesting ones are small, or at the ends.
    mutating func anyNumber() -> UInt64 {
        switch byte() {
        case let small where small < 248: UInt64(small)
        case 248: number(bytes: 2)
        case 249: number(bytes: 4)
        case 250: number(bytes: 8)
        case 251: UInt64.max - UInt64(byte())
        case 252: UInt64(Int64.max) &+ UInt64(byte()) &- 128
        case 253: UInt64(UInt32.max) &+ UInt64(byte()) &- 128
        case 254: UInt64(1) << UInt64(byte() & 63)
        default: 0
        }
    }

    mutating func take(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// A piece with its length before it: one byte, or two when the first is 255.
    mutating func piece() -> [UInt8] {
        let short = Int(byte())
        return take(short < 255 ? short : Int(number(bytes: 2)))
    }

    mutating func remainder() -> [UInt8] { take(rest.count) }
}
