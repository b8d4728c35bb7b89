import Essentials
import Sodium
import Testing

@testable import Noise

@Suite("Which keys a pattern takes")
struct KeyPlacementTests {
    private let keys = Keys()

    private func begin(
        _ pattern: HandshakePattern, initiator: Bool, hasLocal: Bool, hasRemote: Bool, psks: Int = 0
    ) throws(NoiseFault) {
        _ = try HandshakeState(
            pattern: pattern, isInitiator: initiator, prologue: [],
            localStatic: hasLocal ? Keys.pair(keys.initiator) : nil,
            remoteStatic: hasRemote ? Keys.pair(keys.responder).publicKey : nil, psks: keys.shared(psks))
    }

    @Test(
        "a missing key, or one that the pattern has no place for, is refused before anything is sent",
        arguments: [
            (HandshakePattern.nn, true, true, false), (.nn, true, false, true), (.nk, true, false, false),
            (.nk, true, true, true), (.nk, false, false, false), (.nk, false, true, true), (.kk, true, true, false),
            (.kk, true, false, true), (.kk, false, true, false), (.ik, true, true, false), (.ik, true, false, true),
            (.ik, false, false, false), (.xx, true, false, false), (.xx, false, false, false),
        ])
    func misplaced(pattern: HandshakePattern, initiator: Bool, hasLocal: Bool, hasRemote: Bool) {
        #expect(throws: NoiseFault.keysDoNotFit) {
            try begin(pattern, initiator: initiator, hasLocal: hasLocal, hasRemote: hasRemote)
        }
    }

    @Test("as many pre-shared keys as the pattern has places, each of 32 bytes")
    func preShared() throws {
        #expect(throws: NoiseFault.keysDoNotFit) {
            try begin(.nn.psk(0), initiator: true, hasLocal: false, hasRemote: false, psks: 0)
        }
        #expect(throws: NoiseFault.keysDoNotFit) {
            try begin(.nn, initiator: true, hasLocal: false, hasRemote: false, psks: 1)
        }
        #expect(throws: NoiseFault.keysDoNotFit) {
            _ = try HandshakeState(
                pattern: .nn.psk(0), isInitiator: true, prologue: [], psks: [Owned(SecretBytes(copying: [1, 2]))])
        }
        try begin(.nn.psk(0, 2), initiator: true, hasLocal: false, hasRemote: false, psks: 2)
    }

    @Test(
        "a static key that arrives is known afterwards, and must be the one expected, if one was",
        arguments: [HandshakePattern.ik, .xx])
    func expected(pattern: HandshakePattern) throws {
        let key = Keys.pair(keys.initiator).publicKey
        for expectation in [nil, key] {
            #expect(try keyArrived(pattern, expecting: expectation) == key)
        }
        let other = Keys.pair(keys.responder).publicKey
        #expect(throws: NoiseFault.unexpectedKey) { try keyArrived(pattern, expecting: other) }
    }

    /// The initiator's static key, as the responder has it at the end.
    private func keyArrived(_ pattern: HandshakePattern, expecting expectation: Bytes32?) throws -> Bytes32? {
        let initiator = try Hand(pattern, initiator: true)
        let responder = try Hand(pattern, initiator: false, remote: expectation)
        _ = try responder.read(try initiator.write())
        if pattern == .xx {
            _ = try initiator.read(try responder.write())
            _ = try responder.read(try initiator.write())
        }
        return responder.remoteStatic
    }

    @Test("the names are those that both sides hash")
    func names() {
        #expect(HandshakePattern.kk.psk(0).protocolName == "Noise_KKpsk0_25519_ChaChaPoly_BLAKE2b")
        #expect(HandshakePattern.xx.psk(0, 3).name == "XXpsk0+psk3")
        #expect(HandshakePattern.xx.psk(0, 1, 2, 3).pskCount == 4)
        #expect(HandshakePattern.ik.psk(1).messages == [[.e, .es, .s, .ss, .psk], [.e, .ee, .se]])
    }
}
