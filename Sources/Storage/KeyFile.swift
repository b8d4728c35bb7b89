// The file that makes a node that node. It never lies open to others, it is written whole or not at all, and every way
// in which reading it can fail has its own words, since each has another remedy.
//
//   "PASSANT-KEY\n" 12 ‖ version u8 = 1 ‖ form u8 ‖ length u16 ‖ content ‖ check 4
//
// form 0: the secret as it is; form 1: sealed with a passphrase (Sodium's SealedWithPassphrase). The check is the first
// four bytes of H("passant/key-file/1", everything before it): it tells a damaged file from a wrong passphrase.

internal import Essentials
public import Settings
public import Sodium

/// A node's identity secret on disk.
public struct KeyFile: Sendable {
    public let path: String
    /// What a passphrase costs to try: Argon2id over so much memory.
    let kibibytes: Int

    private static let magic = Array("PASSANT-KEY\n".utf8)
    private static let headerSize = 16
    private static let checkSize = 4
    private static let secretMaximum = 4_096
    private static let fileMaximum = 8_192

    private enum Form: UInt8 {
        case open = 0
        case sealed = 1
    }

    public init(_ paths: DataPaths) { self.init(path: paths.identity) }

    init(path: String, kibibytes: Int = 65_536) {
        self.path = path
        self.kibibytes = kibibytes
    }

    /// Whether there is such a file, readable or not.
    public var exists: Bool { PrivateFile.exists(path) }

    /// The secret.
    /// - Parameter passphrase: nil when none was given.
    /// - Throws: `file-missing`, `file-not-permitted`, `file-open-to-others`, `key-empty`, `key-damaged`, `key-newer`,
    ///   `key-needs-passphrase` or `key-passphrase-wrong`.
    public func read(passphrase: [UInt8]?) throws(PassantError) -> SecretBytes {
        PrivateFile.remove(PrivateFile.unfinished(path))
        var bytes = try PrivateFile.read(path, what: "the node's key", atMost: Self.fileMaximum)
        defer { PrivateFile.wipe(&bytes) }
        guard !bytes.isEmpty else {
            throw fault(
                "key-empty", "it is empty, perhaps because the disk was full",
                "Put a backup in its place: passant restore FILE; or give the node a new identity: rm '\(path)'",
                .badData)
        }
        let smallest = Self.headerSize + Self.checkSize
        guard bytes.count > smallest, bytes.count <= Self.fileMaximum, bytes.starts(with: Self.magic) else {
            throw damaged
        }
        let check = Array(bytes.suffix(Self.checkSize))
        bytes.removeLast(Self.checkSize)
        guard check == Self.check(of: bytes) else { throw damaged }
        guard bytes[12] == 1, let form = Form(rawValue: bytes[13]) else {
            throw fault(
                "key-newer", "it was written by a newer passant", "Install the newer passant again", .badData)
        }
        guard Int(bytes[14]) << 8 | Int(bytes[15]) == bytes.count - Self.headerSize else { throw damaged }
        var content = Array(bytes[Self.headerSize...])
        defer { PrivateFile.wipe(&content) }
        switch form {
        case .open:
            return SecretBytes(copying: content)
        case .sealed:
            guard let passphrase else {
                throw fault(
                    "key-needs-passphrase", "it is sealed with a passphrase, and none was given",
                    "Say where it is: passant up --passphrase-file FILE", .noPermission)
            }
            guard let secret = SealedWithPassphrase.open(content, passphrase: passphrase) else {
                throw fault(
                    "key-passphrase-wrong", "the passphrase does not open it",
                    "Try another one: passant up --passphrase-file FILE", .noPermission)
            }
            return secret
        }
    }

    /// Writes a new file, mode 0600. `file-exists` when there is one.
    /// - Parameter passphrase: nil leaves the secret as it is, protected by the file's mode only.
    public func create(
        _ secret: borrowing SecretBytes, passphrase: [UInt8]?, using random: inout RandomStream
    ) throws(PassantError) {
        try write(secret, passphrase: passphrase, replacing: false, using: &random)
    }

    /// Puts another file in its place, as when the passphrase changes; whoever reads meanwhile sees the old or the new.
    public func replace(
        with secret: borrowing SecretBytes, passphrase: [UInt8]?, using random: inout RandomStream
    ) throws(PassantError) {
        try write(secret, passphrase: passphrase, replacing: true, using: &random)
    }

    /// The passphrase in a file: its first line. The file must be closed to others like the key itself.
    public static func passphrase(inFile path: String) throws(PassantError) -> [UInt8] {
        var bytes = try PrivateFile.read(path, what: "the passphrase", atMost: 4_096)
        defer { PrivateFile.wipe(&bytes) }
        var line = Array(bytes.prefix { $0 != 0x0A })
        if line.last == 0x0D { line.removeLast() }
        guard !line.isEmpty else {
            throw PassantError(
                code: "passphrase-empty", message: "cannot use the passphrase in \(path)",
                reason: "the file's first line is empty", remedy: "Write the passphrase into its first line",
                exit: .badData)
        }
        return line
    }

    // MARK: private

    private func write(
        _ secret: borrowing SecretBytes, passphrase: [UInt8]?, replacing: Bool, using random: inout RandomStream
    ) throws(PassantError) {
        guard (1...Self.secretMaximum).contains(secret.count) else {
            throw fault("key-size", "the secret has no size a key has", "This is a fault of passant", .internalFault)
        }
        var content: [UInt8]
        if let passphrase {
            guard
                let sealed = SealedWithPassphrase.seal(
                    secret, passphrase: passphrase, kibibytes: kibibytes, using: &random)
            else {
                throw fault(
                    "key-not-sealed", "there is not enough memory to seal it",
                    "Free \(kibibytes / 1_024) MiB and try again", .tryAgain)
            }
            content = sealed
        } else {
            content = secret.withBytes { Array($0) }
        }
        let form: Form = passphrase == nil ? .open : .sealed
        // Room for all at once: an array that grows leaves copies of the secret behind.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerSize + content.count + Self.checkSize)
        bytes += Self.magic
        bytes += [1, form.rawValue, UInt8(content.count >> 8), UInt8(content.count & 255)]
        bytes += content
        bytes += Self.check(of: bytes)
        defer {
            PrivateFile.wipe(&bytes)
            PrivateFile.wipe(&content)
        }
        try PrivateFile.write(bytes, to: path, replacing: replacing)
    }

    private static func check(of bytes: [UInt8]) -> [UInt8] {
        Array(Blake2b.hash(domain: "passant/key-file/1", bytes).bytes.prefix(checkSize))
    }

    private var damaged: PassantError {
        fault(
            "key-damaged", "its bytes are not what passant wrote",
            "Put a backup in its place: passant restore FILE; or give the node a new identity: "
                + "mv '\(path)' '\(path).damaged'", .badData)
    }

    private func fault(_ code: String, _ reason: String, _ remedy: String, _ exit: ExitCode) -> PassantError {
        PassantError(
            code: code, message: "cannot use the node's key in \(path)", reason: reason, remedy: remedy, exit: exit)
    }
}
