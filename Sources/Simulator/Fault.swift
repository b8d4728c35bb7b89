// What can befall a simulated mesh, in families that a seed switches on or off.

public import Essentials

/// One blow, and what ends it.
public enum Fault: Hashable, Sendable {
    /// Segments are lost, ways are long, connections break.
    case storm(loss: Double, slowest: Span, breakage: Double)
    /// Groups of nodes that do not reach each other.
    case partition([[Int]])
    /// What the first sends to the second is lost.
    case deaf(from: Int, to: Int)
    /// The network is whole again and the weather fair.
    case heal
    case freeze(Int)
    case thaw(Int)
    case kill(Int)
    case restart(Int, DiskDamage)
    /// A wall clock is wrong by so much from now on.
    case clock(Int, Span)
    /// Who was not there yet comes.
    case arrive(Int)
    /// Somebody leaves for good without a word.
    case leave(Int)

    /// Whether it may keep honest news from arriving.
    var touchesNetwork: Bool {
        switch self {
        case .storm, .partition, .deaf: true
        case .heal, .freeze, .thaw, .kill, .restart, .clock, .arrive, .leave: false
        }
    }
}

/// What belongs together and is switched on together.
public enum FaultFamily: String, Hashable, Sendable, CaseIterable {
    case storm, partition, deaf, pause, crash, clock, churn, adversaries

    /// Whether it may keep honest news from arriving.
    public var touchesNetwork: Bool {
        switch self {
        case .storm, .partition, .deaf: true
        case .pause, .crash, .clock, .churn, .adversaries: false
        }
    }
}

/// A fault with its time, counted from the beginning of the run.
public struct TimedFault: Hashable, Sendable {
    public let at: Span
    public let fault: Fault
}

extension TimedFault: CustomStringConvertible {
    public var description: String { "\(at.milliseconds) ms: \(fault)" }
}
