import Essentials
import Testing

@testable import Sodium

@Suite("Argon2id and sealing with a passphrase")
struct PassphraseTests {
    private let passphrase = Array("correct horse".utf8)

    private func sealed(_ secret: [UInt8]) throws -> [UInt8] {
        var random = RandomStream(seed: .zero)
        return try #require(
            SealedWithPassphrase.seal(
                SecretBytes(copying: secret), passphrase: passphrase, kibibytes: 8, passes: 1, using: &random))
    }

    @Test("Argon2id gives what libsodium gives to others")
    func known() throws {
        let output = Argon2id.derive(
            Array("password".utf8), salt: Array(0..<16), kibibytes: 64, passes: 2, count: 32)
        #expect(Hex.encode(try #require(output)) == "716882821df77bc6414358b07159fb63ca1c90beaeb9d0ca0e43bd887dcf2ca9")
    }

    @Test(
        "parameters that Argon2id does not take are refused",
        arguments: [
            (15, 64, 1, 32), (17, 64, 1, 32), (16, 7, 1, 32), (16, -1, 1, 32), (16, .max, 1, 32), (16, 64, 0, 32),
            (16, 64, 1, 15), (16, 64, 1, 1_025), (16, 64, 1, -5), (16, 64, .max, 32), (16, 8, 1_001, 32),
            (16, 64, 1, .max),
        ])
    func refused(salt: Int, kibibytes: Int, passes: Int, count: Int) {
        let salt = [UInt8](repeating: 0, count: salt)
        #expect(Argon2id.derive([], salt: salt, kibibytes: kibibytes, passes: passes, count: count) == nil)
    }

    @Test("the passphrase opens what it sealed", arguments: [0, 32, 1_000])
    func opens(count: Int) throws {
        let secret = [UInt8](repeating: 0x5a, count: count)
        let opened = SealedWithPassphrase.open(try sealed(secret), passphrase: passphrase)
        #expect(opened?.withBytes { [UInt8]($0) } == secret)
    }

    @Test("a file of another version, or of more than 65,536 bytes, opens nothing, whoever sealed it properly")
    func notOurs() throws {
        func opened(_ count: Int, version: UInt8) throws -> Bool {
            var random = RandomStream(seed: .zero)
            let secret = SecretBytes(copying: [UInt8](repeating: 3, count: count))
            let file = SealedWithPassphrase.file(
                secret, passphrase: passphrase, kibibytes: 8, passes: 1, version: version, using: &random)
            return isOpened(try #require(file), by: passphrase)
        }
        #expect(try opened(32, version: 1) && opened(65_536, version: 1))
        #expect(try !opened(32, version: 2) && !opened(32, version: 0) && !opened(65_537, version: 1))
    }

    @Test("Argon2id makes no secret of more than 1,024 bytes")
    func longSecrets() {
        let salt = [UInt8](repeating: 0, count: 16)
        for (count, isMade) in [(1_024, true), (1_025, false), (2_000, false)] {
            let secret = Argon2id.deriveSecret([], salt: salt, kibibytes: 8, passes: 1, count: count)
            #expect((secret != nil) == isMade, "\(count)")
        }
    }

    @Test("another passphrase, any changed byte and any shorter file open nothing")
    func tampered() throws {
        let file = try sealed([1, 2, 3])
        #expect(!isOpened(file, by: Array("correct horsf".utf8)))
        for position in file.indices {
            var changed = file
            changed[position] ^= 1
            #expect(!isOpened(changed, by: passphrase), "byte \(position)")
        }
        for count in file.indices { #expect(!isOpened(Array(file.prefix(count)), by: passphrase)) }
        #expect(!isOpened(file + [0], by: passphrase))
    }

    @Test("what is too long, or would ask too much of whoever opens it, is not sealed")
    func tooMuch() {
        var random = RandomStream(seed: .zero)
        for (count, kibibytes, passes, fits) in [
            (65_536, 8, 16, true), (65_537, 8, 1, false), (1, 8, 17, false), (1, 7, 1, false), (1, 8, 0, false),
        ] {
            let secret = SecretBytes(copying: [UInt8](repeating: 1, count: count))
            let file = SealedWithPassphrase.seal(
                secret, passphrase: [], kibibytes: kibibytes, passes: passes, using: &random)
            #expect((file != nil) == fits)
        }
    }

    @Test("a file that asks for a thousand passes over a gibibyte is refused at once", .timeLimit(.minutes(1)))
    func expensive() throws {
        var file = try sealed([1])
        file.replaceSubrange(1..<9, with: [0, 0x10, 0, 1, 0, 0, 3, 0xe8])
        #expect(!isOpened(file, by: passphrase))
    }

    @Test("a file that asks for absurd memory or time is refused before it is paid")
    func bounded() throws {
        var file = try sealed([1])
        file.replaceSubrange(1..<9, with: [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1])
        #expect(!isOpened(file, by: passphrase))
        file.replaceSubrange(1..<9, with: [0, 0, 0, 8, 0xff, 0xff, 0xff, 0xff])
        #expect(!isOpened(file, by: passphrase))
        var random = RandomStream(seed: .zero)
        let refused =
            SealedWithPassphrase.seal(
                SecretBytes(copying: [1]), passphrase: [], kibibytes: 1 << 40, passes: 1, using: &random) == nil
        #expect(refused)
    }

    private func isOpened(_ file: [UInt8], by passphrase: [UInt8]) -> Bool {
        SealedWithPassphrase.open(file, passphrase: passphrase) != nil
    }
}
