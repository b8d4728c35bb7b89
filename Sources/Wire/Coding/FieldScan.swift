// Reads an encoding once before it is decoded, without keeping anything of it, and refuses what would cost
// too much or could be read in two ways: a peer's bytes reach the decoder only when their form is known.

/// One pass over the fields of an encoding.
struct FieldScan {
    private let bytes: [UInt8]
    private var position = 0
    private var fieldsLeft: Int
    private let depth: Int

    /// Throws unless `bytes` have the form that `shape` allows, within `limits`.
    static func check(_ bytes: [UInt8], shape: Shape, limits: WireLimits) throws(WireFault) {
        guard bytes.count <= limits.bytes else { throw .tooLarge }
        var scan = FieldScan(bytes: bytes, fieldsLeft: limits.fields, depth: limits.depth)
        try scan.message(until: bytes.count, shape: shape, level: 1)
    }

    private init(bytes: [UInt8], fieldsLeft: Int, depth: Int) {
        self.bytes = bytes
        self.fieldsLeft = fieldsLeft
        self.depth = depth
    }

    /// The fields of one message, which ends at `end`.
    private mutating func message(until end: Int, shape: Shape, level: Int) throws(WireFault) {
        guard level <= depth else { throw .malformed }
        var counts = [Int](repeating: 0, count: shape.fields.count)
        var known = 0
        var unknown = 0
        while position < end {
            guard fieldsLeft > 0 else { throw .tooManyFields }
            fieldsLeft -= 1
            let tag = try varint(until: end)
            guard tag <= UInt64(UInt32.max), tag >> 3 > 0 else { throw .malformed }
            let number = Int(tag >> 3)
            guard number <= shape.fields.count else {
                guard number < Self.firstCritical else { throw .unknownCritical }
                try skip(wireType: tag & 7, until: end)
                unknown += 1
                continue
            }
            let field = shape.fields[number - 1]
            counts[number - 1] += 1
            guard counts[number - 1] <= field.most else {
                throw field.most == 1 ? .malformed : .tooManyFields
            }
            known += 1
            try value(of: field.kind, wireType: tag & 7, until: end, level: level)
        }
        if shape.isChoice, known != 1 {
            throw known == 0 && unknown > 0 ? .unknownKind : .malformed
        }
    }

    /// The value of a field that this version knows.
    private mutating func value(
        of kind: Shape.Kind, wireType: UInt64, until end: Int, level: Int
    ) throws(WireFault) {
        switch (kind, wireType) {
        case (.bool, 0):
            guard try varint(until: end) <= 1 else { throw .malformed }
        case (.uint32, 0):
            guard try varint(until: end) <= UInt64(UInt32.max) else { throw .malformed }
        case (.uint64, 0):
            _ = try varint(until: end)
        case (.fixed64, 1):
            try advance(8, until: end)
        case (.bytes, 2):
            position = try lengthDelimited(until: end)
        case (.message(let shape), 2):
            try message(until: lengthDelimited(until: end), shape: shape, level: level + 1)
        default:
            throw .malformed
        }
    }

    /// The value of a field that this version does not know. Groups have no end that could be found
    /// without reading them, and no message of this protocol has one.
    private mutating func skip(wireType: UInt64, until end: Int) throws(WireFault) {
        switch wireType {
        case 0: _ = try varint(until: end)
        case 1: try advance(8, until: end)
        case 2: position = try lengthDelimited(until: end)
        case 5: try advance(4, until: end)
        default: throw .malformed
        }
    }

    /// Reads a length; gives the position after that many bytes, which is not beyond `end`.
    private mutating func lengthDelimited(until end: Int) throws(WireFault) -> Int {
        let length = try varint(until: end)
        guard length <= UInt64(end - position) else { throw .malformed }
        return position + Int(length)
    }

    private mutating func advance(_ count: Int, until end: Int) throws(WireFault) {
        guard count <= end - position else { throw .malformed }
        position += count
    }

    /// At most ten bytes, and no bit beyond the 64th.
    private mutating func varint(until end: Int) throws(WireFault) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < end else { throw .malformed }
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { throw .malformed }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw .malformed
    }

    /// Field numbers from here on must be understood.
    private static let firstCritical = 1_000
}
