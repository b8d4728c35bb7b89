// The question and what one of the two said about it, each hashed onto what was before: whoever has the same chain has
// heard the same. Protocol/07-conversation.md, "A question and two who discuss it".

public import Essentials
internal import Sodium

/// What came of one of the two who discuss, as one number and one hash.
public struct WitnessChain: Hashable, Sendable {
    /// How many texts there are in it.
    public private(set) var through: UInt64 = 0
    public private(set) var chain: Bytes32

    /// With no text yet: by this the two know that they were asked the same.
    public init(question: String) { chain = Blake2b.hash(domain: "passant/witness/1", Array(question.utf8)) }

    /// The next text.
    public mutating func add(_ text: String) {
        through &+= 1
        chain = Blake2b.hash(
            domain: "passant/witness-text/1", chain.bytes, through.bigEndianBytes, Array(text.utf8))
    }
}
