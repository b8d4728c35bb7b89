// What can go wrong in Noise. The cases say no more than the two ends may know: an authentication failure has
// one cause, whatever it was.

/// Why a Noise object refused. After any of these the object is of no use: a handshake or a direction that
/// failed once refuses everything from then on.
public enum NoiseFault: Error, Hashable, Sendable {
    /// A message would be, or is, longer than 65,535 bytes.
    case messageTooLong
    /// A message is shorter than the fields it must have.
    case messageTooShort
    /// Something is not what the holder of the key sealed.
    case notAuthentic
    /// A key agreement came out all zero: the other side sent a point of low order.
    case weakKey
    /// The other side's static key is another than the one we were told to expect.
    case unexpectedKey
    /// The counter of a direction has come to its end.
    case nonceExhausted
    /// It is the other side's turn, or the handshake is over, or not over yet, or it failed before.
    case outOfTurn
    /// The keys given do not fit the pattern: one is missing, or is one that the pattern has no place for.
    case keysDoNotFit
}
