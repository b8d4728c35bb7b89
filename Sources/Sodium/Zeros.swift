// Comparisons whose duration says nothing about the bytes, and erasing.

internal import CSodium

/// Whether all bytes of `bytes` at the positions in `range` are zero; false when the range is not within them.
/// Looks at every one of them.
public func allZero(_ bytes: [UInt8], in range: Range<Int>) -> Bool {
    guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return false }
    return bytes.withUnsafeBytes { all in
        var position = range.lowerBound
        var seen: UInt64 = 0
        while range.upperBound - position >= 8 {
            seen |= all.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            position += 8
        }
        while position < range.upperBound {
            seen |= UInt64(all[position])
            position += 1
        }
        return seen == 0
    }
}

/// Appends so many zero bytes, as padding needs them: in one piece, for packets are padded by the thousand.
public func appendZeros(_ count: Int, to bytes: inout [UInt8]) {
    guard count > 0 else { return }
    nothing.withUnsafeBufferPointer { zeros in
        var left = count
        while left > 0 {
            let piece = min(left, zeros.count)
            bytes.append(contentsOf: zeros[..<piece])
            left -= piece
        }
    }
}

private let nothing = [UInt8](repeating: 0, count: 4_096)

/// Overwrites a buffer that held secret bytes with zeros, in a way that the optimiser leaves alone. It works on
/// the caller's own storage, so nobody else may hold a copy of the array.
public func erase(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { sodium_memzero($0.octets, $0.count) }
}
