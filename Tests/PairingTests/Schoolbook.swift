// Arithmetic modulo the order of ristretto255 as one does it on paper, to hold the real thing against.

import Essentials

/// A number below 2²⁵⁶ as 256 bits, most significant first. Slow on purpose: nothing in it is clever.
struct Schoolbook: Equatable {
    var bits: [Bool]

    /// 2²⁵² + 27742317777372353535851937790883648493.
    static let q = Schoolbook(
        littleEndian: Hex.decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010") ?? [])
    static let zero = Schoolbook(bits: Array(repeating: false, count: 256))

    init(bits: [Bool]) { self.bits = bits }

    init(littleEndian bytes: [UInt8]) {
        bits = bytes.reversed().flatMap { byte in (0..<8).reversed().map { byte >> UInt8($0) & 1 == 1 } }
    }

    init(_ small: Int) {
        self = .zero
        for place in 0..<32 { bits[255 - place] = small >> place & 1 == 1 }
    }

    var bytes32: Bytes32 {
        var bytes: [UInt8] = []
        for start in stride(from: 248, through: 0, by: -8) {
            bytes.append(bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) })
        }
        return Bytes32(bytes) ?? .zero
    }

    static func isLess(_ left: Schoolbook, _ right: Schoolbook) -> Bool {
        for (one, other) in zip(left.bits, right.bits) where one != other { return other }
        return false
    }

    /// left + right, which must stay below 2²⁵⁶.
    private static func sum(_ left: Schoolbook, _ right: Schoolbook) -> Schoolbook {
        var result = zero
        var carry = 0
        for place in (0..<256).reversed() {
            let column = (left.bits[place] ? 1 : 0) + (right.bits[place] ? 1 : 0) + carry
            result.bits[place] = column & 1 == 1
            carry = column >> 1
        }
        return result
    }

    /// left − right, which must not be negative.
    private static func difference(_ left: Schoolbook, _ right: Schoolbook) -> Schoolbook {
        var result = zero
        var borrow = 0
        for place in (0..<256).reversed() {
            let column = (left.bits[place] ? 1 : 0) - (right.bits[place] ? 1 : 0) - borrow
            result.bits[place] = column & 1 == 1
            borrow = column < 0 ? 1 : 0
        }
        return result
    }

    /// (left + right) mod q, both below q.
    static func add(_ left: Schoolbook, _ right: Schoolbook) -> Schoolbook {
        let total = sum(left, right)
        return isLess(total, q) ? total : difference(total, q)
    }

    /// (left · right) mod q by doubling and adding.
    static func multiply(_ left: Schoolbook, _ right: Schoolbook) -> Schoolbook {
        var result = zero
        for bit in left.bits {
            result = add(result, result)
            if bit { result = add(result, right) }
        }
        return result
    }

    /// The remainder of a 64-byte little-endian number.
    static func reduce(_ wide: [UInt8]) -> Schoolbook {
        var result = zero
        for byte in wide.reversed() {
            for place in (0..<8).reversed() {
                result = add(result, result)
                if byte >> UInt8(place) & 1 == 1 { result = add(result, Schoolbook(1)) }
            }
        }
        return result
    }

    /// The polynomial with these coefficients, lowest first, at a small place.
    static func polynomial(_ coefficients: [Schoolbook], at place: Int) -> Schoolbook {
        var (result, power) = (zero, Schoolbook(1))
        for coefficient in coefficients {
            result = add(result, multiply(coefficient, power))
            power = multiply(power, Schoolbook(place))
        }
        return result
    }
}
