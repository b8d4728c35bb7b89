// Noise §5.3: a handshake under way.

public import Essentials
public import Sodium

/// One side of a handshake. The two sides take turns; when the last message is through, `finish` makes it a
/// `TransportState`. Any fault is final.
public struct HandshakeState: ~Copyable, Sendable {
    public let isInitiator: Bool
    private let pattern: HandshakePattern
    private var symmetric: SymmetricState
    private let localStatic: AgreementKey?
    private var localEphemeral: AgreementKey?
    /// The other side's static key: known beforehand, or received.
    public private(set) var remoteStatic: Bytes32?
    private let expectedStatic: Bytes32?
    private var remoteEphemeral: Bytes32?
    private let psks: [Owned<SecretBytes>]
    private var pskIndex = 0
    /// How many messages went through.
    public private(set) var messageCount = 0
    private var hasFailed = false

    /// Begins a handshake. `localStatic` and `remoteStatic` are given exactly where the pattern has a place for
    /// them; a `remoteStatic` for a key that the pattern sends is what we expect it to be. `psks` has as many keys,
    /// each of 32 bytes, as the pattern has places. Otherwise `keysDoNotFit`.
    public init(
        pattern: HandshakePattern, isInitiator: Bool, prologue: [UInt8], localStatic: consuming AgreementKey? = nil,
        remoteStatic: Bytes32? = nil, psks: [Owned<SecretBytes>] = []
    ) throws(NoiseFault) {
        try self.init(
            pattern: pattern, isInitiator: isInitiator, prologue: prologue, localStatic: localStatic,
            remoteStatic: remoteStatic, psks: psks, fixedEphemeral: nil)
    }

    /// The same with an ephemeral key that was chosen beforehand, for published test vectors only.
    init(
        pattern: HandshakePattern, isInitiator: Bool, prologue: [UInt8], localStatic: consuming AgreementKey?,
        remoteStatic: Bytes32?, psks: [Owned<SecretBytes>], fixedEphemeral: consuming AgreementKey?
    ) throws(NoiseFault) {
        let isRemoteKnown = isInitiator ? pattern.isResponderKnown : pattern.isInitiatorKnown
        let hasLocal = localStatic != nil
        guard hasLocal == pattern.hasStatic(initiator: isInitiator),
            remoteStatic != nil || !isRemoteKnown,
            remoteStatic == nil || pattern.hasStatic(initiator: !isInitiator),
            psks.count == pattern.pskCount, psks.allSatisfy({ $0.value.count == 32 })
        else { throw .keysDoNotFit }

        var symmetric = SymmetricState(protocolName: pattern.protocolName)
        symmetric.mixHash(prologue)
        let localPublic = Self.publicKey(of: localStatic)
        let (initiatorStatic, responderStatic) = isInitiator ? (localPublic, remoteStatic) : (remoteStatic, localPublic)
        if pattern.isInitiatorKnown, let initiatorStatic { symmetric.mixHash(initiatorStatic.bytes) }
        if pattern.isResponderKnown, let responderStatic { symmetric.mixHash(responderStatic.bytes) }

        self.isInitiator = isInitiator
        self.pattern = pattern
        self.symmetric = symmetric
        self.localStatic = localStatic
        self.localEphemeral = fixedEphemeral
        self.remoteStatic = isRemoteKnown ? remoteStatic : nil
        self.expectedStatic = isRemoteKnown ? nil : remoteStatic
        self.psks = psks
    }

    /// Whether all messages went through.
    public var isFinished: Bool { messageCount == pattern.messages.count && !hasFailed }

    /// Whether the next message is ours to write.
    public var isOurTurn: Bool {
        messageCount < pattern.messages.count && messageCount.isMultiple(of: 2) == isInitiator && !hasFailed
    }

    /// Whether the next message is the other side's to write.
    public var isTheirTurn: Bool {
        messageCount < pattern.messages.count && messageCount.isMultiple(of: 2) != isInitiator && !hasFailed
    }

    /// How many bytes the next message has besides its payload; 0 when there is none.
    public var overhead: Int {
        guard !hasFailed, messageCount < pattern.messages.count else { return 0 }
        var isKeyed = symmetric.tagSize > 0
        var size = 0
        for token in pattern.messages[messageCount] {
            switch token {
            case .e:
                size += Bytes32.count
                isKeyed = isKeyed || pattern.pskCount > 0
            case .s: size += Bytes32.count + (isKeyed ? CipherState.tagSize : 0)
            default: isKeyed = true
            }
        }
        return size + (isKeyed ? CipherState.tagSize : 0)
    }

    /// WriteMessage: our next message, carrying `payload`; at most 65,535 bytes in all. `messageTooLong` and
    /// `outOfTurn` change nothing.
    public mutating func writeMessage(
        payload: [UInt8], using random: inout RandomStream
    ) throws(NoiseFault) -> [UInt8] {
        guard isOurTurn else { throw .outOfTurn }
        guard payload.count <= CipherState.maximumMessage - overhead else { throw .messageTooLong }
        do throws(NoiseFault) {
            var message: [UInt8] = []
            for token in pattern.messages[messageCount] {
                switch token {
                case .e: message += writeEphemeral(using: &random)
                case .s: message += try writeStatic()
                default: try mix(token)
                }
            }
            message += try symmetric.encryptAndHash(payload)
            messageCount += 1
            return message
        } catch {
            hasFailed = true
            throw error
        }
    }

    /// ReadMessage: the payload of the other side's next message.
    public mutating func readMessage(_ message: [UInt8]) throws(NoiseFault) -> [UInt8] {
        guard isTheirTurn else { throw .outOfTurn }
        do throws(NoiseFault) {
            guard message.count <= CipherState.maximumMessage else { throw .messageTooLong }
            var rest = message[...]
            for token in pattern.messages[messageCount] {
                switch token {
                case .e: try readEphemeral(from: &rest)
                case .s: try readStatic(from: &rest)
                default: try mix(token)
                }
            }
            let payload = try symmetric.decryptAndHash(Array(rest))
            messageCount += 1
            return payload
        } catch {
            hasFailed = true
            throw error
        }
    }

    /// The transport of a handshake whose last message went through.
    public consuming func finish() throws(NoiseFault) -> TransportState {
        guard isFinished else { throw .outOfTurn }
        return symmetric.split(isInitiator: isInitiator)
    }

    // MARK: Tokens

    private mutating func writeEphemeral(using random: inout RandomStream) -> [UInt8] {
        // A fixed one is there only when a test put it there.
        let key = localEphemeral.take() ?? AgreementKey.generate(using: &random)
        let bytes = key.publicKey.bytes
        localEphemeral = consume key
        mixEphemeral(bytes)
        return bytes
    }

    private mutating func readEphemeral(from rest: inout ArraySlice<UInt8>) throws(NoiseFault) {
        guard let key = Bytes32(rest.prefix(Bytes32.count)) else { throw .messageTooShort }
        rest = rest.dropFirst(Bytes32.count)
        remoteEphemeral = key
        mixEphemeral(key.bytes)
    }

    private mutating func mixEphemeral(_ bytes: [UInt8]) {
        symmetric.mixHash(bytes)
        // With pre-shared keys ephemerals are mixed into the key too (§9.2).
        if pattern.pskCount > 0 { symmetric.mixKey(SecretBytes(copying: bytes)) }
    }

    private mutating func writeStatic() throws(NoiseFault) -> [UInt8] {
        guard let key = Self.publicKey(of: localStatic) else { throw .keysDoNotFit }
        return try symmetric.encryptAndHash(key.bytes)
    }

    private mutating func readStatic(from rest: inout ArraySlice<UInt8>) throws(NoiseFault) {
        let size = Bytes32.count + symmetric.tagSize
        guard rest.count >= size else { throw .messageTooShort }
        let bytes = try symmetric.decryptAndHash(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
        guard let key = Bytes32(bytes) else { throw .messageTooShort }
        if let expectedStatic, expectedStatic != key { throw .unexpectedKey }
        remoteStatic = key
    }

    private mutating func mix(_ token: HandshakeToken) throws(NoiseFault) {
        switch token {
        case .ee: symmetric.mixKey(try Self.agree(localEphemeral, with: remoteEphemeral))
        case .ss: symmetric.mixKey(try Self.agree(localStatic, with: remoteStatic))
        // The first letter is the initiator's key, the second the responder's.
        case .es where isInitiator, .se where !isInitiator:
            symmetric.mixKey(try Self.agree(localEphemeral, with: remoteStatic))
        case .es, .se: symmetric.mixKey(try Self.agree(localStatic, with: remoteEphemeral))
        case .psk:
            guard pskIndex < psks.count else { throw .keysDoNotFit }
            symmetric.mixKeyAndHash(psks[pskIndex].value)
            pskIndex += 1
        case .e, .s: break
        }
    }

    private static func agree(
        _ key: borrowing AgreementKey?, with other: Bytes32?
    ) throws(NoiseFault) -> SecretBytes {
        guard let other else { throw .keysDoNotFit }
        switch key {
        case .some(let key):
            guard let shared = key.agree(with: other) else { throw .weakKey }
            return shared
        case .none: throw .keysDoNotFit
        }
    }

    private static func publicKey(of key: borrowing AgreementKey?) -> Bytes32? {
        switch key {
        case .some(let key): key.publicKey
        case .none: nil
        }
    }
}
