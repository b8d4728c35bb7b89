// Noise §5.1: a key and a counter.

public import Sodium

/// One direction's cipher: a key that may be absent, and the nonce of the next message.
public struct CipherState: ~Copyable, Sendable {
    /// 2⁶⁴−1 is kept for rekeying, so a counter that has come there is exhausted.
    static let reservedNonce = UInt64.max
    public static let tagSize = ChaChaPoly.tagSize
    public static let maximumMessage = 65_535

    private var key: SecretBytes?
    /// The number of the next message.
    public private(set) var nonce: UInt64

    /// Without a key everything passes as it is.
    public init() {
        key = nil
        nonce = 0
    }

    /// `key` has 32 bytes.
    public init(key: consuming SecretBytes) {
        self.init(key: key, nonce: 0)
    }

    /// For tests, which cannot count to 2⁶⁴.
    init(key: consuming SecretBytes, nonce: UInt64) {
        self.key = consume key
        self.nonce = nonce
    }

    public var hasKey: Bool { key != nil }

    /// ENCRYPT of what stands in `bytes` from `start` on, in place, with the tag appended.
    public mutating func encrypt(
        inPlace bytes: inout [UInt8], from start: Int, authenticating data: [UInt8] = []
    ) throws(NoiseFault) {
        guard hasKey else { return }
        guard nonce < Self.reservedNonce else { throw .nonceExhausted }
        guard bytes.count - start + Self.tagSize <= Self.maximumMessage else { throw .messageTooLong }
        seal(&bytes, from: start, nonce: nonce, authenticating: data)
        nonce += 1
    }

    /// DECRYPT. After a failure counter and key are as before.
    public mutating func decrypt(
        _ message: ArraySlice<UInt8>, authenticating data: [UInt8] = []
    ) throws(NoiseFault) -> [UInt8] {
        guard hasKey else { return Array(message) }
        guard nonce < Self.reservedNonce else { throw .nonceExhausted }
        guard message.count <= Self.maximumMessage else { throw .messageTooLong }
        guard message.count >= Self.tagSize else { throw .messageTooShort }
        guard let plaintext = open(message, nonce: nonce, authenticating: data) else {
            throw .notAuthentic
        }
        nonce += 1
        return plaintext
    }

    /// REKEY (§4.2): the key becomes the first 32 bytes of 32 zero bytes sealed under it with nonce 2⁶⁴−1. The
    /// counter goes on.
    public mutating func rekey() {
        guard hasKey else { return }
        var block = [UInt8](repeating: 0, count: 32)
        seal(&block, from: 0, nonce: Self.reservedNonce, authenticating: [])
        key = SecretBytes(copying: block.prefix(32))
        erase(&block)
    }

    private borrowing func seal(
        _ bytes: inout [UInt8], from start: Int, nonce: UInt64, authenticating data: [UInt8]
    ) {
        switch key {
        case .some(let key):
            ChaChaPoly.seal(inPlace: &bytes, from: start, nonce: nonce, authenticating: data, key: key)
        case .none: break
        }
    }

    private borrowing func open(
        _ message: ArraySlice<UInt8>, nonce: UInt64, authenticating data: [UInt8]
    ) -> [UInt8]? {
        switch key {
        case .some(let key): ChaChaPoly.open(message, nonce: nonce, authenticating: data, key: key)
        case .none: nil
        }
    }
}
