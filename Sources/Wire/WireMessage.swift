// What every control message has in common: limits that hold before anything is decoded, one way in that
// throws instead of trapping, and one way out that always gives the same bytes. See Protocol/02-wire.md.

/// A message with validated fields and a bounded encoding.
///
/// A value of such a type is always within its limits: the initialisers check, and the properties are constant.
public protocol WireMessage: Sendable, Equatable {
    /// What an encoding may cost; checked before it is decoded.
    static var limits: WireLimits { get }

    /// Decodes untrusted bytes. No bytes trap, and none cost more than `limits` allows.
    init(decoding bytes: [UInt8]) throws(WireFault)

    /// The encoding: the same bytes for the same value, on every machine.
    func encoded() -> [UInt8]
}

/// The most that an encoding of a message may cost its reader.
public struct WireLimits: Hashable, Sendable {
    /// The length of the whole encoding in bytes.
    public let bytes: Int
    /// The number of fields at all levels together, those without a meaning in this version included.
    public let fields: Int
    /// How deep messages may lie within each other; 1 means none within the message itself.
    public let depth: Int

    public init(bytes: Int, fields: Int, depth: Int) {
        self.bytes = bytes
        self.fields = fields
        self.depth = depth
    }
}

/// Why bytes are no message, or why a message cannot be made of these values.
public enum WireFault: Error, Sendable, Equatable {
    /// Longer than the message's limit.
    case tooLarge
    /// More fields than the message's limit, or more of one field than it may have.
    case tooManyFields
    /// Not an encoding at all, nested too deep, or one field given twice.
    case malformed
    /// Carries a field that the sender says must be understood, and this version does not.
    case unknownCritical
    /// Well formed, and of a kind that this version does not know. The receiver drops the message and goes on.
    case unknownKind
    /// A value outside its range; the name says which, as `Message.field`.
    case fieldOutOfRange(StaticString)

    public static func == (left: WireFault, right: WireFault) -> Bool {
        switch (left, right) {
        case (.tooLarge, .tooLarge), (.tooManyFields, .tooManyFields), (.malformed, .malformed),
            (.unknownCritical, .unknownCritical), (.unknownKind, .unknownKind):
            true
        case (.fieldOutOfRange(let one), .fieldOutOfRange(let other)):
            one.description == other.description
        default:
            false
        }
    }
}

/// Throws unless `condition` holds: how initialisers keep their fields in range.
func require(_ condition: Bool, _ field: StaticString) throws(WireFault) {
    guard condition else { throw .fieldOutOfRange(field) }
}
