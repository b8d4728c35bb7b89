// Whether one of the two tells the asker what it tells the other. It says its texts to both itself, so nobody can put
// words into its mouth; and the other one says to the asker what came of it, so it cannot tell two stories unnoticed.
// Protocol/07-conversation.md, "A question and two who discuss it".

public import Essentials
internal import Wire

/// What one of the two told the asker, to be held against what the other one says of it.
public struct Testimony: Hashable, Sendable {
    public enum Verdict: Hashable, Sendable {
        /// The two heard the same so far.
        case agrees
        /// One of the two does not say what is true. Nobody can tell which.
        case differs
        /// It is about texts that have not come yet, and is judged when they have.
        case tooEarly
    }

    /// So many of the latest numbers can be judged by; a Witness of earlier ones comes too late to matter.
    static let kept: UInt64 = 1_024

    private var own: WitnessChain
    /// The chain at each of the latest numbers, in the place of the number modulo `kept`.
    private(set) var latest: [Bytes32]
    /// The highest number that the other one has borne witness of.
    private var highest: UInt64 = 0
    /// What the other one said of texts that have not come yet.
    private var waiting: Witness?

    public init(question: String) {
        own = WitnessChain(question: question)
        latest = [own.chain]
    }

    /// Whether the other one has heard of texts that have not come. That may only be a slower path; when it lasts, the
    /// asker is not told everything, or the other one invents something.
    public var isWaiting: Bool { waiting != nil }

    /// A text came of the one whose testimony this is. Nil when nothing is judged by it.
    public mutating func told(_ text: String) -> Verdict? {
        own.add(text)
        if latest.count < Int(Self.kept) {
            latest.append(own.chain)
        } else {
            latest[Int(own.through % Self.kept)] = own.chain
        }
        guard let witness = waiting, witness.through == own.through else { return nil }
        waiting = nil
        return witness.chain == own.chain ? .agrees : .differs
    }

    /// The other one said what came to it. Nil when that is not judged: it goes back behind what it said before, or is
    /// about texts that are too long ago.
    public mutating func witnessed(through: UInt64, chain: Bytes32) -> Verdict? {
        guard through >= highest else { return nil }
        highest = through
        guard through <= own.through else {
            waiting = Witness(through: through, chain: chain)
            return .tooEarly
        }
        guard own.through - through < Self.kept else { return nil }
        return latest[Int(through % Self.kept)] == chain ? .agrees : .differs
    }
}
