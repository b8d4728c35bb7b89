// How a node that cannot reach somebody finds out that others can: it asks, they pass a challenge on, and the answer is
// signed by whoever was challenged. See Protocol/04-membership.md, "Challenges".

public import Essentials

/// "I do not reach this member. Challenge it for me."
public struct Ask: WireMessage, Hashable {
    /// The node key of whoever is to be challenged.
    public let node: Bytes32
    /// Chosen at random by whoever asks, another one for everybody who is asked.
    public let nonce: Bytes32
    /// At most three. If there are any, only an answer at one of these is of use.
    public let addresses: [Endpoint]

    public static let maximumAddresses = 3

    public init(node: Bytes32, nonce: Bytes32, addresses: [Endpoint] = []) throws(WireFault) {
        try require(addresses.count <= Self.maximumAddresses, "Ask.addresses")
        try require(addresses.allSatisfy { $0.port != 0 }, "Ask.addresses")
        self.node = node
        self.nonce = nonce
        self.addresses = addresses
    }
}

/// "Somebody wants to know whether you live. Sign this."
public struct Challenge: WireMessage, Hashable {
    public let nonce: Bytes32

    public init(nonce: Bytes32) { self.nonce = nonce }
}

/// The answer to a challenge, and to an ask.
public struct Alive: WireMessage, Hashable {
    /// That of the challenge.
    public let nonce: Bytes32
    /// 64 bytes, by whoever was challenged.
    public let signature: [UInt8]

    public init(nonce: Bytes32, signature: [UInt8]) throws(WireFault) {
        try require(signature.count == Signed.signatureCount, "Alive.signature")
        self.nonce = nonce
        self.signature = signature
    }
}
