// Two who both asked to keep in touch can find each other again among everybody, and nobody else can tell that they do:
// they look like two who share a rare interest, another one every day.
// Protocol/07-conversation.md, "Keeping in touch".

public import Essentials
internal import Noise
internal import Sodium

/// What two friends share, and nobody else.
public struct Friendship: Hashable, Sendable {
    /// Nil unless the channel is established.
    static func secret(of channel: borrowing Channel) -> Owned<SecretBytes>? {
        guard let secret = channel.exporter(label: "passant/friendship/1") else { return nil }
        return Owned(secret)
    }

    /// To be kept as long as the person wants to meet the other again.
    public let secret: Bytes32

    public init(secret: Bytes32) { self.secret = secret }

    /// Under which interests the two look for each other at a mesh time. Around midnight there are two, since clocks differ
    /// and one of them may have begun to look a while ago.
    public func interests(at time: WallTime) -> [String] {
        let around = UInt64(clamping: Self.dayEdge.milliseconds)
        let days = [
            time.milliseconds, time.milliseconds &- min(around, time.milliseconds), time.milliseconds &+ around,
        ]
        .map { $0 / Self.dayLength }
        return days.indices.filter { days.firstIndex(of: days[$0]) == $0 }.map { interest(onDay: days[$0]) }
    }

    static let dayLength: UInt64 = 86_400_000
    /// How long before and after midnight both days count.
    public static let dayEdge = Span.minutes(30)

    func interest(onDay day: UInt64) -> String {
        Hex.encode(Blake2b.hash(domain: "passant/friend-interest/1", secret.bytes, day.bigEndianBytes).bytes)
    }
}

extension Conversation {
    /// What to keep once `.inTouch` was told; nil when nothing of the conversation is left.
    public var friendship: Friendship? {
        friendshipSecret?.value.withBytes { Bytes32(Array($0)) }.map { Friendship(secret: $0) }
    }
}
