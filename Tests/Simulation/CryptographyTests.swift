// Runs with cheap stand-ins are the runs that would have been with libsodium, and nobody else ever gets a stand-in.

import Essentials
import Foundation
import Simulator
import Sodium
import Testing

@Suite struct CryptographyTests {
    /// Together they have every family of faults.
    static let seeds: [UInt64] = [4, 6, 9, 18, 22, 23]

    @Test("a run with stand-ins has the same trace as the run with libsodium", arguments: seeds)
    func parity(_ seed: UInt64) {
        let plan = FaultPlan(seed: seed, length: .minutes(1))
        let real = SimulatedRun.run(plan, with: .real)
        let simulated = SimulatedRun.run(plan, with: .simulated)
        #expect(real.trace == simulated.trace)
        #expect(real.coverage == simulated.coverage && real.failure?.what == simulated.failure?.what)
        #expect(real.healing == simulated.healing && real.meeting == simulated.meeting)
    }

    @Test("the seeds of the parity test have every family of faults")
    func families() {
        let families = Self.seeds.flatMap { FaultPlan(seed: $0, length: .minutes(1)).families }
        #expect(Set(families) == Set(FaultFamily.allCases))
    }

    @Test("stand-ins have the sizes of what they stand for, and refuse whatever was changed in a bit")
    func changes() {
        Cryptography.simulated.during {
            var random = RandomStream(seed: .zero)
            let key = SigningKey.generate(using: &random)
            let other = SigningKey.generate(using: &random)
            let message = Array("a statement of some length".utf8)
            let signature = key.sign(message)
            #expect(signature.count == SigningKey.signatureSize && signature != other.sign(message))
            #expect(Ed25519.verify(signature: signature, of: message, by: key.publicKey))
            #expect(!Ed25519.verify(signature: signature, of: message, by: other.publicKey))
            for changed in Self.changed(signature) {
                #expect(!Ed25519.verify(signature: changed, of: message, by: key.publicKey))
            }
            for changed in Self.changed(message) + [message + [0]] {
                #expect(!Ed25519.verify(signature: signature, of: changed, by: key.publicKey))
            }

            let secret = SecretBytes.random(count: 32, using: &random)
            let wrong = SecretBytes.random(count: 32, using: &random)
            let sealed = ChaChaPoly.seal(message, nonce: 7, authenticating: [1], key: secret)
            #expect(sealed.count == message.count + ChaChaPoly.tagSize && !sealed.starts(with: message))
            #expect(ChaChaPoly.open(sealed, nonce: 7, authenticating: [1], key: secret) == message)
            #expect(ChaChaPoly.open(sealed, nonce: 8, authenticating: [1], key: secret) == nil)
            #expect(ChaChaPoly.open(sealed, nonce: 7, authenticating: [2], key: secret) == nil)
            #expect(ChaChaPoly.open(sealed, nonce: 7, authenticating: [1], key: wrong) == nil)
            for changed in Self.changed(sealed) {
                #expect(ChaChaPoly.open(changed, nonce: 7, authenticating: [1], key: secret) == nil)
            }
        }
    }

    private static func changed(_ bytes: [UInt8]) -> [[UInt8]] {
        (0..<bytes.count * 8).map { bit in
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            return changed
        }
    }

    @Test("two agree on one secret, which a third does not know, and nobody agrees with a point that means nothing")
    func agreement() {
        Cryptography.simulated.during {
            var random = RandomStream(seed: .zero)
            let ann = AgreementKey.generate(using: &random)
            let ben = AgreementKey.generate(using: &random)
            let eve = AgreementKey.generate(using: &random)
            #expect(Self.shared(ann, ben.publicKey) == Self.shared(ben, ann.publicKey))
            #expect(Self.shared(ann, ben.publicKey) != Self.shared(eve, ann.publicKey))
            #expect(Self.shared(ann, ben.publicKey) != Self.shared(eve, ben.publicKey))
            #expect(Self.shared(ann, .zero) == nil)
        }
    }

    private static func shared(_ own: borrowing AgreementKey, _ other: Bytes32) -> [UInt8]? {
        own.agree(with: other)?.withBytes { [UInt8]($0) }
    }

    @Test("keys and the answers of small puzzles are the real ones")
    func keys() {
        func results() -> [[UInt8]?] {
            var random = RandomStream(seed: .zero)
            let keys = [
                SigningKey.generate(using: &random).publicKey.bytes,
                AgreementKey.generate(using: &random).publicKey.bytes,
            ]
            let salt = [UInt8](repeating: 1, count: Argon2id.saltSize)
            return keys + [Argon2id.derive([1, 2, 3], salt: salt, kibibytes: 64, passes: 1, count: 32)]
        }
        let real = results()
        // The second time they come from memory.
        Cryptography.simulated.during { #expect(results() == real && results() == real) }
    }

    @Test("a thread that did not ask for stand-ins has libsodium, also while another has them")
    func threads() async {
        let message: [UInt8] = [1, 2, 3]
        @Sendable func signature() -> [UInt8] {
            var random = RandomStream(seed: .zero)
            return SigningKey.generate(using: &random).sign(message)
        }
        let real = signature()
        Cryptography.simulated.during {
            #expect(signature() != real)
            Cryptography.simulated.during { #expect(signature() != real) }
            #expect(signature() != real, "the inner end is not the outer one's")
            let elsewhere = Elsewhere()
            let thread = Thread { elsewhere.finish(signature()) }
            thread.start()
            #expect(elsewhere.wait() == real)
        }
        #expect(signature() == real)
    }
}

/// What another thread found.
private final class Elsewhere: @unchecked Sendable {
    private let condition = NSCondition()
    private var found: [UInt8]?

    func finish(_ bytes: [UInt8]) {
        condition.withLock {
            found = bytes
            condition.broadcast()
        }
    }

    func wait() -> [UInt8]? {
        condition.withLock {
            while found == nil { condition.wait() }
            return found
        }
    }
}
