// What all three faces of `passant meet` have in common: they get what happened and say what to do, and know
// neither terminals nor sockets nor clocks. `MeetDriver` carries it out.

internal import ControlAPI
internal import Essentials

/// Something that happened to a face.
enum FaceInput: Hashable, Sendable {
    case event(MeetEvent)
    /// The node gave no more events.
    case sessionEnded
    /// What the person typed or a program wrote.
    case bytes([UInt8])
    case inputEnded
    /// The terminal has another size now.
    case resized(columns: Int)
    /// The process was stopped (Ctrl-Z) and goes on.
    case resumed
    /// The moment that `nextDeadline` named has come.
    case timerFired
}

/// Something a face wants.
enum FaceEffect: Hashable, Sendable {
    case write(String)
    case tell(MeetCommand)
    /// Stop the process until its shell lets it go on.
    case suspend
    /// The person wants to end, or the node is gone: leave with this exit code.
    case finish(Int32)
}

/// A face: pure, driven by inputs.
protocol MeetFace: Sendable {
    mutating func handle(_ input: FaceInput, at now: Moment) -> [FaceEffect]
    var nextDeadline: Moment? { get }
    /// Takes away what must not stay on the screen; written last, and before the process is stopped.
    mutating func farewell() -> String
}
