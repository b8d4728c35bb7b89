// How full a link packet gets. Packets are padded to a few sizes, so what does not fill its size well is better
// sent as several small ones.

internal import Noise

enum PacketSizes {
    /// What a packet has beside its content: the tag, the flags and the length (Protocol/03-channel.md).
    static let overhead = 19
    /// How much content each size holds, smallest first.
    static let contents = PaddingClasses.link.sizes.map { $0 - overhead }
    static let largest = contents.last ?? 0

    /// What the smallest size that takes `content` bytes holds.
    static func capacity(for content: Int) -> Int { contents.first { $0 >= content } ?? largest }

    /// Whether a packet with `content` bytes should take a frame of `frame` bytes more, when about `pending`
    /// bytes wait, this frame among them.
    static func takes(_ frame: Int, beside content: Int, pending: Int) -> Bool {
        guard content > 0 else { return true }
        guard content + frame <= largest else { return false }
        let present = capacity(for: content)
        guard content + frame > present else { return true }
        // A larger size pays when at least three quarters of it will be filled.
        let larger = capacity(for: content + frame)
        return content + max(frame, pending) >= larger / 4 * 3
    }
}
