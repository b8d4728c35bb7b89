internal import ControlAPI

/// A line that stays on the screen.
enum ScreenLine: Hashable, Sendable {
    case you(String)
    case stranger(String)
    /// "Stranger 1" or "Stranger 2" of two who discuss.
    case named(String, String)
    /// One of Omegle's status lines.
    case status(String)
    /// What the node has to say.
    case server(String)
    /// What this face has to say.
    case notice(String)
    case trouble(String)
}

/// What stands at the bottom of the screen and changes in place.
struct ScreenPrompt: Hashable, Sendable {
    enum Delivery: Hashable, Sendable {
        case none
        case onTheWay(Int)
        case arrived
    }
    /// What Esc does now.
    var button: String
    /// Who is typing.
    var typists: [String]
    var delivery: Delivery
    var isInterrupted: Bool
    var editor: LineEditor
}

/// What happened to the screen's model.
enum ScreenInput: Hashable, Sendable {
    case event(MeetEvent)
    case sessionEnded
    case key(Key)
    /// A whole line, where there is no line editor.
    case line(String)
    case inputEnded
    case timerFired
}

/// What the screen's model wants.
enum ScreenEffect: Hashable, Sendable {
    case show(ScreenLine)
    case tell(MeetCommand)
    case redraw
    case suspend
    case finish(Int32)
}
