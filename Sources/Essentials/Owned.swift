// A place in a collection for a value that cannot be copied: channels and keys live in dictionaries
// through this. The owner of the collection is itself not copyable, so nobody ever sees two of them.

/// A reference that owns one value without copies.
///
/// Unchecked because the compiler cannot see that a reference is reached only through its one owner,
/// an engine that is `~Copyable` and confined to one thread at a time.
public final class Owned<Value: ~Copyable>: @unchecked Sendable {
    public var value: Value
    public init(_ value: consuming Value) { self.value = value }
}
