// An encoding taken apart by its schema, so that one thing in it can be made wrong and everything around it stays
// right.

import Essentials

@testable import Wire

/// The fields of one message, in the order in which they came.
struct FieldTree {
    struct Field {
        let number: Int
        var value: Value
    }

    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes([UInt8])
        case message(FieldTree)
        /// Whatever is put in the place of a tag and its value.
        case raw([UInt8])
    }

    var fields: [Field] = []

    /// Takes a good encoding apart.
    init?(_ bytes: [UInt8], shape: Shape) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let tag = Self.varint(&rest) else { return nil }
            let number = Int(tag >> 3)
            guard (1...max(1, shape.fields.count)).contains(number), !shape.fields.isEmpty else { return nil }
            let value: Value
            switch tag & 7 {
            case 0:
                guard let number = Self.varint(&rest) else { return nil }
                value = .varint(number)
            case 1:
                guard rest.count >= 8 else { return nil }
                value = .fixed64(rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
                rest = rest.dropFirst(8)
            default:
                guard let length = Self.varint(&rest), length <= UInt64(rest.count) else { return nil }
                let content = Array(rest.prefix(Int(length)))
                rest = rest.dropFirst(Int(length))
                if case .message(let inner) = shape.fields[number - 1].kind {
                    guard let tree = FieldTree(content, shape: inner) else { return nil }
                    value = .message(tree)
                } else {
                    value = .bytes(content)
                }
            }
            fields.append(Field(number: number, value: value))
        }
    }

    var encoded: [UInt8] { fields.flatMap { Self.encode($0) } }

    private static func encode(_ field: Field) -> [UInt8] {
        let tag = UInt64(field.number) << 3
        switch field.value {
        case .varint(let number): return varint(tag) + varint(number)
        case .fixed64(let number):
            return varint(tag | 1) + (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        case .bytes(let bytes): return varint(tag | 2) + varint(UInt64(bytes.count)) + bytes
        case .message(let tree):
            let content = tree.encoded
            return varint(tag | 2) + varint(UInt64(content.count)) + content
        case .raw(let bytes): return bytes
        }
    }

    static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(truncatingIfNeeded: rest)]
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}

extension FieldTree {
    /// Every message that differs from this one in one field, at any depth; `change` gives a field's other values.
    func variants(_ change: (Field) -> [Value]) -> [FieldTree] {
        fields.indices.flatMap { place in
            var inner: [Value] = []
            if case .message(let tree) = fields[place].value { inner = tree.variants(change).map { .message($0) } }
            return (change(fields[place]) + inner).map { value in
                var other = self
                other.fields[place].value = value
                return other
            }
        }
    }

    /// Every message with these bytes put in front of, or behind, the fields of one message in it.
    func insertions(_ bytes: [UInt8]) -> [FieldTree] {
        let field = Field(number: 0, value: .raw(bytes))
        var ends = [self, self]
        ends[0].fields.insert(field, at: 0)
        ends[1].fields.append(field)
        let inner: [FieldTree] = fields.indices.flatMap { place -> [FieldTree] in
            guard case .message(let tree) = fields[place].value else { return [] }
            return tree.insertions(bytes).map { changed in
                var other = self
                other.fields[place].value = .message(changed)
                return other
            }
        }
        return ends + inner
    }

    /// The same field with another length written before its content.
    static func misstated(_ field: Field) -> [Value] {
        let content: [UInt8]
        switch field.value {
        case .bytes(let bytes): content = bytes
        case .message(let tree): content = tree.encoded
        default: return []
        }
        let count = UInt64(content.count)
        let lengths: [UInt64] = [
            0, count &- 1, count + 1, count + 2, count + 127, 1 << 14, 1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32,
            1 << 63 - 1, 1 << 63, .max,
        ]
        let tag = varint(UInt64(field.number) << 3 | 2)
        let overlong = [UInt8](repeating: 0x80, count: 10) + [0]
        return lengths.filter { $0 != count }.map { .raw(tag + varint($0) + content) } + [
            .raw(tag + overlong + content)
        ]
    }
}
