// Optional chaining consumes a value that cannot be copied; this only looks at it.

extension Optional where Wrapped: ~Copyable {
    /// What `body` says about the value, or nil when there is none.
    @inlinable public borrowing func look<Answer>(_ body: (borrowing Wrapped) -> Answer) -> Answer? {
        switch self {
        case .some(let value): body(value)
        case .none: nil
        }
    }

    /// The same as comparing with nil, which asks for a value that can be copied.
    @inlinable public var isNil: Bool {
        switch self {
        case .some: false
        case .none: true
        }
    }
}
