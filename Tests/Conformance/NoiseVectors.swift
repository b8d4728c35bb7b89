// Test vectors of other implementations, in the JSON form that cacophony and snow share.

import Essentials
import Foundation
import Noise

/// Where third-party test data lies: not part of the project, so it may be absent.
enum Extras {
    /// The directory named by `PASSANT_EXTRAS`, if it is there.
    static var vectors: URL? {
        guard let extras = ProcessInfo.processInfo.environment["PASSANT_EXTRAS"], !extras.isEmpty else { return nil }
        let directory = URL(fileURLWithPath: extras).appendingPathComponent("vectors")
        return FileManager.default.fileExists(atPath: directory.path) ? directory : nil
    }

    /// In continuous integration nothing may be skipped.
    static var isRequired: Bool { ProcessInfo.processInfo.environment["CI"] != nil }
}

struct NoiseVectorFile: Decodable {
    let vectors: [NoiseVector]
}

struct NoiseVector: Decodable {
    struct Message: Decodable {
        let payload: String
        let ciphertext: String
    }

    let protocolName: String
    let initiatorPrologue: String?
    let initiatorPsks: [String]?
    let initiatorStatic: String?
    let initiatorEphemeral: String?
    let initiatorRemoteStatic: String?
    let responderPrologue: String?
    let responderPsks: [String]?
    let responderStatic: String?
    let responderEphemeral: String?
    let responderRemoteStatic: String?
    let handshakeHash: String?
    let messages: [Message]

    enum CodingKeys: String, CodingKey {
        case protocolName = "protocol_name"
        case initiatorPrologue = "init_prologue"
        case initiatorPsks = "init_psks"
        case initiatorStatic = "init_static"
        case initiatorEphemeral = "init_ephemeral"
        case initiatorRemoteStatic = "init_remote_static"
        case responderPrologue = "resp_prologue"
        case responderPsks = "resp_psks"
        case responderStatic = "resp_static"
        case responderEphemeral = "resp_ephemeral"
        case responderRemoteStatic = "resp_remote_static"
        case handshakeHash = "handshake_hash"
        case messages
    }

    /// The pattern, when it is of our suite and one that we have; with its pre-shared keys, however many.
    var pattern: HandshakePattern? {
        let (prefix, suffix) = ("Noise_", "_25519_ChaChaPoly_BLAKE2b")
        guard protocolName.hasPrefix(prefix), protocolName.hasSuffix(suffix) else { return nil }
        let name = protocolName.dropFirst(prefix.count).dropLast(suffix.count)
        let known: [HandshakePattern] = [.nn, .nk, .kk, .ik, .xx]
        for pattern in known where name.hasPrefix(pattern.name) {
            let modifiers = name.dropFirst(pattern.name.count)
            if modifiers.isEmpty { return pattern }
            let places = modifiers.split(separator: "+").map { $0.hasPrefix("psk") ? Int($0.dropFirst(3)) : nil }
            guard places.allSatisfy({ $0.map { (0...pattern.messages.count).contains($0) } ?? false }) else { continue }
            return pattern.psk(places.compactMap { $0 })
        }
        return nil
    }
}
