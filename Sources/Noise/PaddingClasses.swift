// The few sizes that packets come in, so that an observer learns a class and not a length.

/// The lengths that a packet's ciphertext, tag included, may have.
public struct PaddingClasses: Hashable, Sendable {
    /// In ascending order.
    public let sizes: [Int]

    /// For the channel between two strangers.
    public static let conversation = PaddingClasses(known: [128, 512, 1_152, 4_224, 16_512])
    /// For links: each has room for a conversation's frame with what a stream puts before it.
    public static let link = PaddingClasses(known: [160, 544, 1_184, 4_256, 16_544])

    /// What a packet's plaintext has before the content: flags u8 ‖ content length u16.
    static let header = 3
    static let overhead = header + CipherState.tagSize

    /// The largest content that fits.
    public var maximumContent: Int { (sizes.last ?? 0) - Self.overhead }

    /// The smallest class with room for so much content; nil when it is too much.
    public func size(forContent count: Int) -> Int? { sizes.first { $0 - Self.overhead >= count } }

    private init(known sizes: [Int]) { self.sizes = sizes }
}
