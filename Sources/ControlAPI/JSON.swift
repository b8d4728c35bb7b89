// The JSON value that the control protocol speaks (Protocol/08-control.md). An own one: it is bounded and keeps
// the order of members (Docs/Decisions/0007-a-small-json-of-our-own.md).

/// A JSON value. An object keeps its members in the order they were written; names are distinct.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent that fits.
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Member])

    /// One name and value of an object.
    public struct Member: Hashable, Sendable {
        public let name: String
        public let value: JSON
        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// The member of that name; nil when there is none or this is no object.
    public subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var array: [JSON]? { if case .array(let values) = self { values } else { nil } }
    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    /// Any number, as floating point.
    public var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// An array of strings.
    public static func strings(_ texts: [String]) -> JSON { .array(texts.map(JSON.string)) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

/// Why bytes are no acceptable JSON, or a JSON value is not what was expected.
public enum JSONFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not JSON; the offset of the first byte that cannot stand there.
    case malformed(at: Int)
    case tooDeep
    /// An object names the same member twice.
    case repeated(name: String)
    /// A member that must be there is not, or has another type.
    case missing(name: String)
    /// A member that nobody knows.
    case unknown(name: String)

    public var description: String {
        switch self {
        case .malformed(let offset): "not JSON from byte \(offset) on"
        case .tooDeep: "nested deeper than \(JSON.depthMaximum)"
        case .repeated(let name): "\"\(name)\" is there twice"
        case .missing(let name): "\"\(name)\" is missing or of another type"
        case .unknown(let name): "\"\(name)\" is not known here"
        }
    }
}

// MARK: - Reading members that must be there

extension JSON {
    func require(_ name: String) throws(JSONFault) -> JSON {
        guard let value = self[name] else { throw .missing(name: name) }
        return value
    }

    func string(_ name: String) throws(JSONFault) -> String {
        guard let text = self[name]?.string else { throw .missing(name: name) }
        return text
    }

    func integer(_ name: String) throws(JSONFault) -> Int {
        guard let number = self[name]?.integer, let value = Int(exactly: number) else { throw .missing(name: name) }
        return value
    }

    func bool(_ name: String) throws(JSONFault) -> Bool {
        guard let value = self[name]?.bool else { throw .missing(name: name) }
        return value
    }

    func array(_ name: String) throws(JSONFault) -> [JSON] {
        guard let values = self[name]?.array else { throw .missing(name: name) }
        return values
    }

    func strings(_ name: String) throws(JSONFault) -> [String] {
        try Self.texts(in: array(name), name)
    }

    /// Nil when absent or null; of another type, it throws.
    func optionalString(_ name: String) throws(JSONFault) -> String? {
        guard let value = self[name], value != .null else { return nil }
        guard let text = value.string else { throw .missing(name: name) }
        return text
    }

    func optionalInteger(_ name: String) throws(JSONFault) -> Int? {
        guard let value = self[name], value != .null else { return nil }
        return try integer(name)
    }

    static func texts(in values: [JSON], _ name: String) throws(JSONFault) -> [String] {
        var texts: [String] = []
        for value in values {
            guard let text = value.string else { throw .missing(name: name) }
            texts.append(text)
        }
        return texts
    }

    /// Throws unless this is an object with no other members than these.
    func only(_ names: Set<String>) throws(JSONFault) {
        guard let members else { throw .missing(name: "object") }
        for member in members where !names.contains(member.name) { throw .unknown(name: member.name) }
    }
}
