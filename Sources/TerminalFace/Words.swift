// Every word that `passant meet` shows by itself, in one place. The status lines are Omegle's own.

/// The texts of the terminal.
enum Words {
    // MARK: Omegle's lines

    static let looking = "Looking for someone you can chat with. Hang on."
    static let connected = "You're now chatting with a random stranger. Say hi!"
    static func chatting(with friend: String) -> String { "You're now chatting with \(friend). Say hi!" }
    static let watching = "You're now watching two strangers discuss your question."
    /// Nobody left: what carried the conversation is gone.
    static let pathGone = "The conversation has ended."
    static let strangerLeft = "Your conversational partner has disconnected."
    static let youLeft = "You have disconnected."
    static let you = "You"
    static let stranger = "Stranger"
    static let disconnect = "Disconnect"
    static let really = "Really?"
    static let new = "New"
    static let stop = "Stop"
    static func newIn(_ seconds: Int) -> String { "New (\(seconds))" }

    static func bothLike(_ likes: [String]) -> String { "You and the stranger both like \(list(likes))." }
    static func question(_ text: String) -> String { "Question to discuss: \(text)" }
    static func left(_ who: String) -> String { "\(who) has disconnected." }

    static func typing(_ who: [String]) -> String {
        who.count == 1 ? "\(list(who)) is typing..." : "\(list(who)) are typing..."
    }

    // MARK: Ours

    static let hint =
        "Enter sends. Esc leaves: press it twice. Ctrl-D ends. /friend NAME keeps in touch."
    static let plainHint =
        "Type a line and press Enter to send it. /next meets somebody else, /quit ends. /friend NAME keeps in touch."
    static let saveHint = "/save keeps a log of this conversation, and the stranger is told."
    /// How the node begins when it says that a text was not taken.
    static let notSent = "Not sent:"
    static let friendNeedsName = "Write what you will call them, on this node only: /friend NAME"
    static func friendAsked(_ name: String) -> String {
        "If the stranger asks for it too, in this conversation, you can meet again: passant meet --friend \"\(name)\". "
            + "Until then their screen does not say that you asked."
    }
    static func keptInTouch(_ name: String) -> String {
        "You both asked to keep in touch. To meet again, both run at the same time: passant meet --friend \"\(name)\" "
            + "(each with their own name for the other)."
    }
    static let plainNext = "Type /next for somebody else, or /quit."
    static let plainUnknown =
        "There are /next, /quit, /save and /friend NAME. To send a text that begins with /, write // instead."
    static let searchHint =
        "First for somebody with something in common, for a while. /wait waits for them however long it takes, "
        + "/anyone looks for anybody now."
    static let waiting = "Waiting for somebody with something in common."
    static let anyone = "Looking for anybody."
    static let nobodyThere = "Nobody is there to read it yet; your text stays in the line."
    static let plainNobodyThere = "Nobody is there to read it yet; it was not sent."
    static let nodeStopped = "The node has stopped."
    static let interrupted =
        "The path to the stranger broke. Another one is looked for, for a while; what you write waits. You may leave."
    static let resumed = "The path is back."
    static let saved = "The stranger keeps a log of this conversation."

    static func safetyWords(_ words: [String]) -> String { "Safety words: \(words.joined(separator: " "))" }
    static let safetyWordsMeaning =
        "If the stranger has the same words, no relay reads along. Compare them aloud or face to face, not by typing: "
        + "somebody who talks to two people and passes on what they write could change typed words too. "
        + "Nothing can tell you that the stranger is not such a person."

    static func refused(_ details: String) -> String { "A meeting was refused: \(details)" }
    static func blocked(_ details: String) -> String { "Blocked: \(details)" }

    static func onTheWay(_ count: Int) -> String { "\(count) on the way" }
    static let delivered = "delivered"
    static let interruptedMark = "interrupted"

    // MARK: Consent

    static let consent = """
        Passant brings you together with a stranger. Before the first time:

        - It is for adults. You must be 18 or older.
        - Nobody watches and no company answers for what strangers write. You can
          leave at any moment.
        - Do not say who or where you are. What you write can be copied by whoever
          reads it.
        - Nobody can rule out that the stranger passes your words on to somebody
          else.
        - Anyone who says that you are being reported, or asks for money, is not
          legitimate: leave.

        """
    static let consentQuestion = "Type \"yes\" if you are 18 or older and agree: "
    static let consentRefused = "Then not. Nothing was started."

    /// "a", "a and b", "a, b and c".
    static func list(_ texts: [String]) -> String {
        guard let last = texts.last else { return "" }
        return texts.count == 1 ? last : texts.dropLast().joined(separator: ", ") + " and " + last
    }
}
