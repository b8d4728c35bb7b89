// The price of an offer: a memory-hard computation over its single-use key, made ahead in the background.
// See Protocol/06-pairing.md, "Stamps".

public import Essentials
public import Identity
internal import Sodium

/// Stamps: 16-byte nonces whose Argon2id begins with enough zero bits.
public enum Stamp {
    public static let nonceSize = 16
    private static let passes = 1

    /// Nil unless the stamp is worth its price; else the Argon2id's output.
    ///
    /// The output orders offers, since one try at a lower output costs as much as one try at the stamp itself.
    public static func value(
        of nonce: [UInt8], network: UInt64, key: Bytes32, epoch: UInt64, price: StampParameters
    ) -> Bytes32? {
        guard nonce.count == nonceSize,
            let output = Bytes32(
                Argon2id.derive(
                    password(network: network, key: key, epoch: epoch), salt: nonce, kibibytes: price.kibibytes,
                    passes: passes, count: Bytes32.count) ?? [])
        else { return nil }
        return leadingZeroBits(of: output) >= price.bits ? output : nil
    }

    static func password(network: UInt64, key: Bytes32, epoch: UInt64) -> [UInt8] {
        Blake2b.hash(domain: "passant/stamp/1", network.bigEndianBytes, key.bytes, epoch.bigEndianBytes).bytes
    }

    static func leadingZeroBits(of output: Bytes32) -> Int {
        var count = 0
        for byte in output.bytes {
            count += byte.leadingZeroBitCount
            if byte != 0 { break }
        }
        return count
    }
}

/// An order for one stamp.
public struct StampRequest: Hashable, Sendable {
    /// Names the order; never used again by the same `Seeks`.
    public let number: UInt64
    public let network: UInt64
    public let key: Bytes32
    public let epoch: UInt64
    public let price: StampParameters
    /// The first half of every nonce tried.
    public let prefix: UInt64
}

/// The making of one stamp, in slices of any size and in any order.
public struct StampWork: Sendable {
    public let request: StampRequest

    public init(_ request: StampRequest) { self.request = request }

    /// Tries the nonces number `start`, `start` + 1, … and returns the first that is a stamp, 16 bytes; nil when
    /// none of the `count` is. One try takes about as long as the price's memory takes to be written twice.
    public func attempt(startingAt start: UInt64, count: Int) -> [UInt8]? {
        var number = start
        for _ in 0..<max(0, count) {
            let nonce = request.prefix.bigEndianBytes + number.bigEndianBytes
            let value = Stamp.value(
                of: nonce, network: request.network, key: request.key, epoch: request.epoch, price: request.price)
            if value != nil { return nonce }
            number &+= 1
        }
        return nil
    }
}
