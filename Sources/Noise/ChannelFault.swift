/// Why a channel refused.
public enum ChannelFault: Error, Hashable, Sendable {
    // Nothing changed; the caller asked for something at the wrong time.

    /// Content larger than `maximumContent`, or a payload that does not fit a handshake message.
    case contentTooLarge
    /// The channel is not established yet, or it is not our turn in the handshake.
    case notReady

    // The channel is dead from here on, and what it knew is erased.

    /// The handshake or a packet failed, or the keys given do not fit the pattern.
    case noise(NoiseFault)
    /// A frame's length is no padding class, or is no length of a handshake message.
    case wrongSize
    /// Bytes came while the next word was ours.
    case outOfTurn
    /// Unknown flags, a content length beyond the packet, or padding that is not zero.
    case malformed
    /// The other side kept a key for more than twice what it may.
    case overstayed
    /// It had failed before.
    case dead
}
