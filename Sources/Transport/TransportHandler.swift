// What the owner of a transport hears from it.

public import Wire

/// Receives what happens on the connections. Every call comes on the transport's event loop, and none comes while the
/// owner is inside a call of its own to the transport: what such a call causes is told right afterwards, in order.
///
/// A connection's life is `opened`, then any number of `received` and `writabilityChanged`, then `closed` once; or,
/// for one that the owner asked for and that never opened, `failed` once. Numbers are never used again.
public protocol TransportHandler: AnyObject {
    /// - Parameters:
    ///   - connection: the even number given to `connect`, or an odd one for a connection that somebody else opened.
    ///   - remote: nil when the other side has no address that the wire can name.
    func opened(connection: UInt64, remote: Endpoint?, outbound: Bool)
    /// An outbound connection could not be opened, or was closed by its owner before it was.
    func failed(connection: UInt64)
    /// At least one byte, in order. Never after `close(connection:)`.
    func received(connection: UInt64, bytes: [UInt8])
    /// Whether more bytes may be written. A new connection is writable.
    func writabilityChanged(connection: UInt64, isWritable: Bool)
    /// It is over, whoever ended it. What was written before the owner's own `close` is still being sent.
    func closed(connection: UInt64)
}
