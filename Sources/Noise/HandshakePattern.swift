// Noise §7 and §9: which tokens the messages of a handshake are made of.

/// One step in writing or reading a handshake message.
public enum HandshakeToken: Hashable, Sendable {
    case e, s, ee, es, se, ss, psk
}

/// A handshake pattern of the suite 25519_ChaChaPoly_BLAKE2b.
public struct HandshakePattern: Hashable, Sendable {
    /// As it stands in the protocol's name, for example `KKpsk0`.
    public let name: String
    /// Whether the responder knows the initiator's static key beforehand.
    let isInitiatorKnown: Bool
    /// Whether the initiator knows the responder's static key beforehand.
    let isResponderKnown: Bool
    /// The messages in turn, the initiator's first.
    public let messages: [[HandshakeToken]]

    /// The full name that both sides hash first.
    public var protocolName: String { "Noise_\(name)_25519_ChaChaPoly_BLAKE2b" }

    /// Nobody shows who they are.
    public static let nn = HandshakePattern(name: "NN", messages: [[.e], [.e, .ee]])
    /// The initiator knows whom it talks to and stays unknown.
    public static let nk = HandshakePattern(name: "NK", isResponderKnown: true, messages: [[.e, .es], [.e, .ee]])
    /// Both know each other's key beforehand.
    public static let kk = HandshakePattern(
        name: "KK", isInitiatorKnown: true, isResponderKnown: true, messages: [[.e, .es, .ss], [.e, .ee, .se]])
    /// The initiator knows whom it talks to and shows its own key in the first message.
    public static let ik = HandshakePattern(
        name: "IK", isResponderKnown: true, messages: [[.e, .es, .s, .ss], [.e, .ee, .se]])
    /// Both show their keys.
    public static let xx = HandshakePattern(name: "XX", messages: [[.e], [.e, .ee, .s, .es], [.s, .se]])

    /// The same pattern with pre-shared keys: place 0 is the beginning of the first message, place n the end of
    /// message n. Each place once, in ascending order, and none beyond the last message.
    public func psk(_ places: Int...) -> HandshakePattern { psk(places) }

    /// The same for places in an array.
    public func psk(_ places: [Int]) -> HandshakePattern {
        let last = messages.count
        let isValid = places == Set(places).sorted() && places.allSatisfy { (0...last).contains($0) }
        precondition(isValid && pskCount == 0, "\(name) has no such places for pre-shared keys: \(places)")
        var messages = messages
        for place in places {
            if place == 0 {
                messages[0].insert(.psk, at: 0)
            } else {
                messages[place - 1].append(.psk)
            }
        }
        return HandshakePattern(
            name: name + places.map { "psk\($0)" }.joined(separator: "+"), isInitiatorKnown: isInitiatorKnown,
            isResponderKnown: isResponderKnown, messages: messages)
    }

    /// How many pre-shared keys it takes.
    public var pskCount: Int { messages.joined().count { $0 == .psk } }

    /// Whether that side has a static key at all.
    func hasStatic(initiator: Bool) -> Bool {
        initiator ? isInitiatorKnown || sendsStatic(initiator: true) : isResponderKnown || sendsStatic(initiator: false)
    }

    private func sendsStatic(initiator: Bool) -> Bool {
        messages.enumerated().contains { $0.offset.isMultiple(of: 2) == initiator && $0.element.contains(.s) }
    }

    private init(
        name: String, isInitiatorKnown: Bool = false, isResponderKnown: Bool = false, messages: [[HandshakeToken]]
    ) {
        self.name = name
        self.isInitiatorKnown = isInitiatorKnown
        self.isResponderKnown = isResponderKnown
        self.messages = messages
    }
}
