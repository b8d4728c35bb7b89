import Essentials
import Foundation
import Sodium
import Testing

@testable import Noise

@Suite("Noise against the vectors of other implementations")
struct NoiseConformance {
    /// How many entries of the two files are of our suite and patterns.
    private static let expected = 26

    @Test(
        "every third-party vector of our patterns comes out bit by bit",
        .enabled(
            if: Extras.vectors != nil || Extras.isRequired,
            "no third-party vectors: PASSANT_EXTRAS names no directory that has vectors/"))
    func vectorsComeOut() throws {
        guard let directory = Extras.vectors else {
            Issue.record("CI is set, but PASSANT_EXTRAS names no directory that has vectors/: nothing was compared")
            return
        }
        var count = 0
        for name in ["noise-cacophony.json", "noise-snow.json"] {
            let data = try Data(contentsOf: directory.appendingPathComponent(name))
            for vector in try JSONDecoder().decode(NoiseVectorFile.self, from: data).vectors {
                guard let pattern = vector.pattern else { continue }
                try check(vector, pattern, "\(vector.protocolName) of \(name)")
                count += 1
            }
        }
        print("\(count) third-party vectors")
        #expect(count >= Self.expected, "fewer vectors ran than the files should have")
    }

    private func check(_ vector: NoiseVector, _ pattern: HandshakePattern, _ title: String) throws {
        var initiator = try initiatorOf(vector, pattern)
        var responder = try responderOf(vector, pattern)
        var random = RandomStream(seed: .zero)
        for (index, message) in vector.messages.prefix(pattern.messages.count).enumerated() {
            let payload = try bytes(message.payload)
            let written: [UInt8]
            let read: [UInt8]
            if index.isMultiple(of: 2) {
                written = try initiator.writeMessage(payload: payload, using: &random)
                read = try responder.readMessage(written)
            } else {
                written = try responder.writeMessage(payload: payload, using: &random)
                read = try initiator.readMessage(written)
            }
            #expect(Hex.encode(written) == message.ciphertext, "message \(index) of \(title)")
            #expect(read == payload, "payload \(index) of \(title)")
        }
        var first = try initiator.finish()
        var second = try responder.finish()
        let hashes = (first.handshakeHash, second.handshakeHash)
        #expect(hashes.0 == hashes.1, "handshake hash of \(title)")
        if let expected = vector.handshakeHash { #expect(Hex.encode(hashes.0) == expected, "hash of \(title)") }

        for (index, message) in vector.messages.enumerated().dropFirst(pattern.messages.count) {
            let payload = try bytes(message.payload)
            var text = payload
            let opened: [UInt8]
            if index.isMultiple(of: 2) {
                try first.encrypt(inPlace: &text, from: 0)
                #expect(Hex.encode(text) == message.ciphertext, "message \(index) of \(title)")
                opened = try second.decrypt(text[...])
            } else {
                try second.encrypt(inPlace: &text, from: 0)
                #expect(Hex.encode(text) == message.ciphertext, "message \(index) of \(title)")
                opened = try first.decrypt(text[...])
            }
            #expect(opened == payload, "payload \(index) of \(title)")
        }
    }

    private func initiatorOf(_ vector: NoiseVector, _ pattern: HandshakePattern) throws -> HandshakeState {
        try HandshakeState(
            pattern: pattern, isInitiator: true, prologue: try bytes(vector.initiatorPrologue ?? ""),
            localStatic: try key(vector.initiatorStatic),
            remoteStatic: try vector.initiatorRemoteStatic.map { try #require(Bytes32(try bytes($0))) },
            psks: try psks(vector.initiatorPsks), fixedEphemeral: try key(vector.initiatorEphemeral))
    }

    private func responderOf(_ vector: NoiseVector, _ pattern: HandshakePattern) throws -> HandshakeState {
        try HandshakeState(
            pattern: pattern, isInitiator: false, prologue: try bytes(vector.responderPrologue ?? ""),
            localStatic: try key(vector.responderStatic),
            remoteStatic: try vector.responderRemoteStatic.map { try #require(Bytes32(try bytes($0))) },
            psks: try psks(vector.responderPsks), fixedEphemeral: try key(vector.responderEphemeral))
    }

    private func bytes(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }

    private func key(_ text: String?) throws -> AgreementKey? {
        guard let text else { return nil }
        return AgreementKey(secret: SecretBytes(copying: try bytes(text)))
    }

    private func psks(_ texts: [String]?) throws -> [Owned<SecretBytes>] {
        try (texts ?? []).map { Owned(SecretBytes(copying: try bytes($0))) }
    }
}
