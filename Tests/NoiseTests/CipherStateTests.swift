import Essentials
import Sodium
import Testing

@testable import Noise

@Suite("Noise's cipher and its transport")
struct CipherStateTests {
    private func state(nonce: UInt64 = 0) -> CipherState {
        CipherState(key: SecretBytes(copying: Array(0..<32)), nonce: nonce)
    }

    @Test("without a key everything passes as it is, and nothing is counted")
    func unkeyed() throws {
        var cipher = CipherState()
        var bytes: [UInt8] = [1, 2, 3]
        try cipher.encrypt(inPlace: &bytes, from: 0)
        #expect(bytes == [1, 2, 3])
        #expect(try cipher.decrypt(bytes[...]) == [1, 2, 3])
        #expect(cipher.nonce == 0)
    }

    @Test("rekeying follows Noise §4.2 and lets the counter go on")
    func rekey() throws {
        var cipher = state()
        var first: [UInt8] = []
        try cipher.encrypt(inPlace: &first, from: 0)
        cipher.rekey()
        #expect(cipher.nonce == 1)
        var bytes = Array("hello".utf8)
        try cipher.encrypt(inPlace: &bytes, from: 0)
        #expect(Hex.encode(bytes) == "501050ed1b362853df1fbbf0bfabdabd9194db7e8a")
    }

    @Test("the last counter is never used: exhaustion is a fault, for both directions, and changes nothing")
    func exhausted() throws {
        var sender = state(nonce: .max - 1)
        var receiver = state(nonce: .max - 1)
        var bytes: [UInt8] = [1]
        try sender.encrypt(inPlace: &bytes, from: 0)
        _ = try receiver.decrypt(bytes[...])

        var refused: [UInt8] = [2]
        let sending = fault { try sender.encrypt(inPlace: &refused, from: 0) }
        #expect(sending == .nonceExhausted)
        #expect(refused == [2])
        let receiving = fault { _ = try receiver.decrypt(bytes[...]) }
        #expect(receiving == .nonceExhausted)
        #expect(sender.nonce == .max)
    }

    @Test("a message that is not authentic does not move the counter")
    func failedOpening() throws {
        var sender = state()
        var receiver = state()
        var message: [UInt8] = [9, 9]
        try sender.encrypt(inPlace: &message, from: 0)
        var forged = message
        forged[0] ^= 1
        let refusal = fault { _ = try receiver.decrypt(forged[...]) }
        #expect(refusal == .notAuthentic)
        #expect(receiver.nonce == 0)
        #expect(try receiver.decrypt(message[...]) == [9, 9])
    }

    @Test("messages longer than 65,535 bytes are neither made nor taken, nor ones shorter than a tag")
    func sizes() throws {
        var cipher = state()
        var largest = [UInt8](repeating: 0, count: 65_519)
        try cipher.encrypt(inPlace: &largest, from: 0)
        #expect(largest.count == 65_535)
        var tooLarge = [UInt8](repeating: 0, count: 65_520)
        let sealing = fault { try cipher.encrypt(inPlace: &tooLarge, from: 0) }
        #expect(sealing == .messageTooLong)
        let received = [UInt8](repeating: 0, count: 65_536)
        let opening = fault { _ = try cipher.decrypt(received[...]) }
        #expect(opening == .messageTooLong)
        let short = fault { _ = try cipher.decrypt(received[..<15]) }
        #expect(short == .messageTooShort)
    }

    @Test("a lane takes each message once, in order, and never its own")
    func order() throws {
        let (left, right) = try shake(.kk)
        let messages = [try left.seal([0]), try left.seal([1]), try left.seal([2])]
        #expect(throws: NoiseFault.notAuthentic) { try right.open(messages[1]) }
        #expect(try right.open(messages[0]) == [0])
        #expect(throws: NoiseFault.notAuthentic) { try right.open(messages[0]) }
        #expect(throws: NoiseFault.notAuthentic) { try left.open(messages[0]) }
        #expect(try right.open(messages[1]) == [1])
    }

    @Test("without a key there is none to change")
    func rekeyWithoutKey() throws {
        var state = CipherState()
        state.rekey()
        let hasKey = state.hasKey
        #expect(!hasKey)
        var bytes: [UInt8] = [1, 2, 3]
        try state.encrypt(inPlace: &bytes, from: 0, authenticating: [])
        #expect(bytes == [1, 2, 3])
    }

    @Test("a label counts with its first 255 bytes")
    func longLabels() throws {
        let (left, right) = try shake(.nn)
        let label = String(repeating: "x", count: 255)
        #expect(left.exported(label + "y") == right.exported(label))
        #expect(left.exported(label) != left.exported(String(label.dropLast())))
    }

    @Test("the exported secret is HKDF over the third output, the label and the handshake's hash")
    func exported() {
        let lane = Lane(
            TransportState(
                sending: CipherState(), receiving: CipherState(), handshakeHash: Array(64..<128),
                root: SecretBytes(copying: Array(0..<64))))
        #expect(
            Hex.encode(lane.exported("passant/test/1"))
                == "cac4fcaf0fa60ff75cefdeff6e6c10c56504952dbdd710a796b4f6e19107e368")
    }

    private func fault(_ body: () throws -> Void) -> NoiseFault? {
        do {
            try body()
            return nil
        } catch {
            return error as? NoiseFault
        }
    }
}
