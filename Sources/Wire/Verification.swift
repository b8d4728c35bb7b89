// A value from the network has another type until it is verified. The only way from one to the other is
// `verify(in:)`; code that wants a `Verified` cannot be given anything else, and nothing else can make one.

/// A value that can be checked against what the receiver knows.
public protocol Verifiable: Sendable {
    /// What the check needs to know: a policy, the time, a key.
    associatedtype Context
    /// Why a value does not hold.
    associatedtype Fault: Error

    /// Throws unless the value holds in `context`.
    func check(in context: Context) throws(Fault)
}

/// A value as somebody sent it. Nothing in it is known to be true.
public struct Unverified<Value: Verifiable>: Sendable {
    // A path that is known where it is written costs nothing only if the caller can see what is done with it.
    @usableFromInline let value: Value

    public init(_ value: Value) { self.value = value }

    /// Reads what the value claims, for quotas and look-ups that come before the check.
    @inlinable public func claimed<Field>(_ field: (Value) -> Field) -> Field { field(value) }

    /// The one way to a verified value.
    public func verify(in context: Value.Context) throws(Value.Fault) -> Verified<Value> {
        try value.check(in: context)
        return Verified(checked: value)
    }
}

/// A value that held when it was checked.
@dynamicMemberLookup
public struct Verified<Value: Verifiable>: Sendable {
    public let value: Value

    fileprivate init(checked value: Value) { self.value = value }

    @inlinable public subscript<Field>(dynamicMember path: KeyPath<Value, Field>) -> Field { value[keyPath: path] }
}

extension Unverified: Equatable where Value: Equatable {}
extension Unverified: Hashable where Value: Hashable {}
extension Verified: Equatable where Value: Equatable {}
extension Verified: Hashable where Value: Hashable {}
