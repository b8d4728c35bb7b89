import Essentials
import Foundation
import Settings
import Sodium
@testable import Storage
import Testing

@Suite("The key file", .timeLimit(.minutes(1)))
struct KeyFileTests {
    let secret = pattern(96)

    private func file(_ scratch: Scratch) -> KeyFile { KeyFile(path: scratch.file("identity.key"), kibibytes: 64) }

    private func make(_ scratch: Scratch, passphrase: String? = nil) throws {
        var random = RandomStream(seed: Bytes32.zero)
        try file(scratch).create(
            SecretBytes(copying: secret), passphrase: passphrase.map { Array($0.utf8) }, using: &random)
    }

    private func code(_ scratch: Scratch, passphrase: String? = nil) -> String? {
        do {
            _ = try file(scratch).read(passphrase: passphrase.map { Array($0.utf8) })
            return nil
        } catch {
            #expect(!error.message.isEmpty && !error.reason.isEmpty && !error.remedy.isEmpty && error.exitCode >= 64)
            return error.code
        }
    }

    @Test("what was written is read, and nobody else may read it, whatever the umask")
    func roundTrip() throws {
        let scratch = try Scratch()
        #expect(!file(scratch).exists)
        let before = umask(0)
        defer { umask(before) }
        try make(scratch)
        let read = try file(scratch).read(passphrase: nil).withBytes { Array($0) }
        #expect(read == secret && file(scratch).exists)
        #expect(scratch.mode("identity.key") == 0o600)
        // Nothing is left lying beside it.
        #expect(scratch.names == ["identity.key"])
    }

    @Test("with a passphrase the secret is not in the file, and only the passphrase opens it")
    func sealed() throws {
        let scratch = try Scratch()
        try make(scratch, passphrase: "correct horse")
        let bytes = try scratch.bytes("identity.key")
        #expect(!bytes.indices.contains { bytes[$0...].starts(with: secret[..<8]) })
        let read = try file(scratch).read(passphrase: Array("correct horse".utf8)).withBytes { Array($0) }
        #expect(read == secret)
        #expect(code(scratch, passphrase: "wrong horse") == "key-passphrase-wrong")
        #expect(code(scratch) == "key-needs-passphrase")
    }

    @Test(
        "a file that others may read is refused with the command that closes it",
        arguments: [0o640, 0o604, 0o660, 0o601])
    func exposed(mode: mode_t) throws {
        let scratch = try Scratch()
        try make(scratch)
        chmod(scratch.file("identity.key"), mode)
        let error = #expect(throws: PassantError.self) { _ = try file(scratch).read(passphrase: nil) }
        #expect(error?.code == "file-open-to-others" && error?.exitCode == 77)
        #expect(error?.remedy == "Close it: chmod 600 '\(scratch.file("identity.key"))'")
    }

    @Test("missing, empty, damaged and newer files are different errors")
    func faults() throws {
        let scratch = try Scratch()
        #expect(code(scratch) == "file-missing")
        try scratch.write([], to: "identity.key")
        #expect(code(scratch) == "key-empty")
        try scratch.write(Array("-----BEGIN PRIVATE KEY-----".utf8), to: "identity.key")
        #expect(code(scratch) == "key-damaged")
        unlink(scratch.file("identity.key"))
        mkdir(scratch.file("identity.key"), 0o700)
        #expect(code(scratch) == "not-a-file")
        rmdir(scratch.file("identity.key"))
        try make(scratch)
        var bytes = try scratch.bytes("identity.key")
        bytes[12] = 2
        bytes.removeLast(4)
        bytes += Blake2b.hash(domain: "passant/key-file/1", bytes).bytes.prefix(4)
        try scratch.write(bytes, to: "identity.key")
        #expect(code(scratch) == "key-newer")
    }

    @Test("any changed, missing or added byte is damage, not a wrong passphrase")
    func damaged() throws {
        let scratch = try Scratch()
        try make(scratch, passphrase: "p")
        let whole = try scratch.bytes("identity.key")
        for position in whole.indices {
            var bytes = whole
            bytes[position] ^= 1
            try scratch.write(bytes, to: "identity.key")
            #expect(code(scratch, passphrase: "p") == "key-damaged", "\(position)")
        }
        for count in 1..<whole.count {
            try scratch.write(whole.prefix(count), to: "identity.key")
            #expect(code(scratch, passphrase: "p") == "key-damaged", "\(count)")
        }
        try scratch.write(whole + [0], to: "identity.key")
        #expect(code(scratch, passphrase: "p") == "key-damaged")
        try scratch.write([UInt8](repeating: 0x50, count: 100_000), to: "identity.key")
        #expect(code(scratch) == "key-damaged")
    }

    @Test("an existing key is never overwritten, except on purpose")
    func overwrite() throws {
        let scratch = try Scratch()
        try make(scratch)
        let before = try scratch.bytes("identity.key")
        let error = #expect(throws: PassantError.self) { try make(scratch, passphrase: "x") }
        #expect(error?.code == "file-exists")
        #expect(try scratch.bytes("identity.key") == before && scratch.names == ["identity.key"])
        var random = RandomStream(seed: Bytes32.zero)
        try file(scratch).replace(
            with: SecretBytes(copying: secret), passphrase: Array("x".utf8), using: &random)
        #expect(code(scratch) == "key-needs-passphrase" && code(scratch, passphrase: "x") == nil)
        #expect(scratch.mode("identity.key") == 0o600)
    }

    @Test("a key of somebody else is a matter of permissions")
    func unreadable() async throws {
        let scratch = try Scratch()
        try make(scratch)
        guard getuid() == 0 else {
            chmod(scratch.file("identity.key"), 0)
            #expect(code(scratch) == "file-not-permitted")
            return
        }
        // Root may read everything, so somebody else tries.
        let path = scratch.path
        chmod(path, 0o755)
        await #expect(processExitsWith: .success) { [path = path as String] in
            try #require(setuid(65_534) == 0)
            let error = #expect(throws: PassantError.self) {
                _ = try KeyFile(path: path + "/identity.key").read(passphrase: nil)
            }
            try #require(error?.code == "file-not-permitted" && error?.exitCode == 77)
            exit(0)
        }
    }

    @Test("a node killed while it makes its key has none or a whole one")
    func killed() async throws {
        let scratch = try Scratch()
        let path = scratch.path
        for delay in [500, 2_000, 6_000] as [UInt32] {
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, delay = delay as UInt32] in
                Thread.detachNewThread {
                    usleep(delay)
                    kill(getpid(), SIGKILL)
                }
                var random = RandomStream(seed: Bytes32.zero)
                while true {
                    try KeyFile(path: path + "/identity.key").replace(
                        with: SecretBytes(copying: pattern(96)), passphrase: nil, using: &random)
                }
            }
            let found = code(scratch)
            #expect(found == nil || found == "file-missing")
            // Nor does a second copy of the secret stay about.
            #expect(scratch.names.allSatisfy { $0 == "identity.key" })
        }
    }

    @Test("the passphrase is the first line of a file that is closed to others")
    func passphraseFile() throws {
        let scratch = try Scratch()
        try scratch.write(Array("correct horse\r\nsecond line\n".utf8), to: "pass")
        #expect(try KeyFile.passphrase(inFile: scratch.file("pass")) == Array("correct horse".utf8))
        try scratch.write(Array("\nx".utf8), to: "pass")
        #expect(throws: PassantError.self) { try KeyFile.passphrase(inFile: scratch.file("pass")) }
        try scratch.write(Array("x".utf8), to: "pass", mode: 0o644)
        let error = #expect(throws: PassantError.self) { try KeyFile.passphrase(inFile: scratch.file("pass")) }
        #expect(error?.code == "file-open-to-others")
    }
}

func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 5) } }
