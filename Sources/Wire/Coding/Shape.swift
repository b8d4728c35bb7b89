// What a message may look like in bytes, as the scan before decoding sees it. The numbers are those of
// Protocol/*.proto; `SchemaTests` hold the two against each other.

/// The fields of one message, numbered from 1 in their order.
struct Shape: Sendable {
    /// What a field holds and how often it may occur.
    struct Field: Sendable {
        let kind: Kind
        let most: Int
    }

    indirect enum Kind: Sendable {
        case bool, uint32, uint64, fixed64
        case bytes
        case message(Shape)
    }

    let fields: [Field]
    /// True when exactly one field must be there.
    let isChoice: Bool

    init(_ fields: Field...) {
        self.fields = fields
        isChoice = false
    }

    /// A message that is one of several.
    init(choice messages: [Shape]) {
        fields = messages.map { .message($0) }
        isChoice = true
    }
}

extension Shape.Field {
    static let bool = Shape.Field(kind: .bool, most: 1)
    static let uint32 = Shape.Field(kind: .uint32, most: 1)
    static let uint64 = Shape.Field(kind: .uint64, most: 1)
    static let fixed64 = Shape.Field(kind: .fixed64, most: 1)
    static let bytes = Shape.Field(kind: .bytes, most: 1)

    static func message(_ shape: Shape) -> Shape.Field { Shape.Field(kind: .message(shape), most: 1) }
    static func bytes(atMost most: Int) -> Shape.Field { Shape.Field(kind: .bytes, most: most) }
    static func messages(_ shape: Shape, atMost most: Int) -> Shape.Field {
        Shape.Field(kind: .message(shape), most: most)
    }
}
