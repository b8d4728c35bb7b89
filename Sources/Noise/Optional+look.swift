// Optional chaining consumes a value that cannot be copied; this only looks at it.

extension Optional where Wrapped: ~Copyable {
    /// What `body` says about the value, or nil when there is none.
    borrowing func look<Answer>(_ body: (borrowing Wrapped) -> Answer) -> Answer? {
        switch self {
        case .some(let value): body(value)
        case .none: nil
        }
    }
}
