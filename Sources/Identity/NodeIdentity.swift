// The secrets of one node. They leave this type in one way only: as the content of the key file.

internal import Essentials
public import Sodium

/// A node's secret keys.
public struct NodeIdentity: ~Copyable, Sendable {
    /// Signs records, heartbeats and keepers' answers.
    public let signing: SigningKey
    /// The static key of the node's channels as a member.
    public let channel: AgreementKey
    /// What the keys for homes are derived from, so that no two homes see the same leaf.
    private let leafSecret: SecretBytes

    private static let fileVersion: UInt8 = 1
    private static let fileCount = 1 + 3 * Bytes32.count

    private init(seed: borrowing SecretBytes, channel: borrowing SecretBytes, leafSecret: consuming SecretBytes) {
        signing = SigningKey(seed: seed)
        self.channel = AgreementKey(secret: channel)
        self.leafSecret = leafSecret
    }

    public static func generate(using random: inout RandomStream) -> NodeIdentity {
        NodeIdentity(
            seed: .random(count: Bytes32.count, using: &random),
            channel: .random(count: Bytes32.count, using: &random),
            leafSecret: .random(count: Bytes32.count, using: &random))
    }

    public var nodeKey: NodeKey { NodeKey(signing.publicKey) }
    public var channelKey: ChannelKey { ChannelKey(channel.publicKey) }

    /// The key that this node shows to `home` as its leaf, and to nobody else: the first 32 bytes of
    /// HKDF(leaf secret, "passant/leaf/1" ‖ 0x00 ‖ the home's node key).
    public borrowing func leafKey(for home: NodeKey) -> AgreementKey {
        let material = SecretBytes(copying: Array("passant/leaf/1".utf8) + [0] + home.bytes.bytes)
        let outputs = Hkdf.two(chainingKey: leafSecret, material: material)
        return AgreementKey(secret: outputs.first.prefix(Bytes32.count))
    }

    /// The content of the key file: version u8 ‖ signing seed ‖ channel secret ‖ leaf secret; 97 bytes.
    public borrowing func encodedSecret() -> SecretBytes {
        var bytes = [Self.fileVersion]
        bytes.reserveCapacity(Self.fileCount)
        signing.withSeed { bytes.append(contentsOf: $0) }
        channel.withSecret { bytes.append(contentsOf: $0) }
        leafSecret.withBytes { bytes.append(contentsOf: $0) }
        let secret = SecretBytes(copying: bytes)
        erase(&bytes)
        return secret
    }

    /// Reads what `encodedSecret()` wrote.
    public init(decodingSecret secret: borrowing SecretBytes) throws(KeyFileFault) {
        guard secret.count > 0 else { throw .damaged }
        let version = secret.withBytes { $0.first }
        guard version == Self.fileVersion else { throw .unknownVersion }
        guard secret.count == Self.fileCount else { throw .damaged }
        func part(_ index: Int) -> SecretBytes {
            secret.withBytes { SecretBytes(copying: $0.dropFirst(1 + index * Bytes32.count).prefix(Bytes32.count)) }
        }
        self.init(seed: part(0), channel: part(1), leafSecret: part(2))
    }
}

/// Why a key file cannot be used.
public enum KeyFileFault: Error, Hashable, Sendable {
    case damaged
    /// Written by a later version.
    case unknownVersion
}
