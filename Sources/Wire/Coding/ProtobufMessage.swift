// The one place where bytes become generated protobuf structs and where those become bytes. Nothing of
// SwiftProtobuf leaves this target.

internal import Essentials
internal import SwiftProtobuf

/// A message whose encoding is a protobuf message.
protocol ProtobufMessage: WireMessage {
    /// The generated struct.
    associatedtype Raw: SwiftProtobuf.Message

    /// The form that the scan allows.
    static var shape: Shape { get }

    /// Throws when a field is out of its range.
    init(raw: Raw) throws(WireFault)

    var raw: Raw { get }
}

extension ProtobufMessage {
    public init(decoding bytes: [UInt8]) throws(WireFault) {
        try self.init(raw: Self.decode(bytes))
    }

    public func encoded() -> [UInt8] { Self.encode(raw) }

    static func encode(_ raw: Raw) -> [UInt8] {
        // Throws for messages of 2 GiB and for missing proto2 fields; there is neither here.
        (try? raw.serializedBytes()) ?? []
    }

    /// Scans, then decodes.
    static func decode(_ bytes: [UInt8]) throws(WireFault) -> Raw {
        try FieldScan.check(bytes, shape: shape, limits: limits)
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        do {
            return try Raw(serializedBytes: bytes, options: options)
        } catch {
            throw .malformed
        }
    }
}

/// A bytes field of a generated struct, without naming its type.
func pack<Packed: RangeReplaceableCollection>(_ bytes: [UInt8]) -> Packed where Packed.Element == UInt8 {
    Packed(bytes)
}

func pack<Packed: RangeReplaceableCollection>(_ value: Bytes32) -> Packed where Packed.Element == UInt8 {
    Packed(value.bytes)
}

/// A 32-byte field; nothing else has that size.
func bytes32(_ bytes: some Collection<UInt8>, _ field: StaticString) throws(WireFault) -> Bytes32 {
    guard let value = Bytes32(bytes) else { throw .fieldOutOfRange(field) }
    return value
}

/// A repeated 32-byte field.
func allBytes32<Element: Collection<UInt8>>(
    _ elements: [Element], _ field: StaticString
) throws(WireFault) -> [Bytes32] {
    var values: [Bytes32] = []
    values.reserveCapacity(elements.count)
    for element in elements { values.append(try bytes32(element, field)) }
    return values
}
