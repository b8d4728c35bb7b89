// How much a transport lets others take.

public import NIOCore

/// The bounds of one transport.
public struct TransportLimits: Sendable {
    /// Connections opened by others, at the same time.
    public var acceptedMaximum = 16_384
    /// Of these, how many from one IPv4 address or one IPv6 /64.
    public var acceptedPerAddressMaximum = 64
    /// One in so many of all may come from one network, an IPv4 /16 or an IPv6 /32. Descriptors are scarcer than addresses:
    /// a few networks' worth of the bound above would take all of them. 1 where all is one network.
    public var networkShare = 4
    /// Whether connections from this machine are counted in total only. Meshes on one machine need it.
    public var loopbackIsExempt = true
    /// Waiting to be accepted.
    public var backlog: Int32 = 512
    public var connectTimeout: TimeAmount = .seconds(3)
    /// How long a closed connection may go on sending what was written.
    public var closingTime: TimeAmount = .seconds(1)
    /// The most bytes handed over at once.
    public var receiveMaximum = 65_536
    /// Unsent bytes at which a connection stops being writable, and at which it is again.
    public var writeHigh = 65_536
    public var writeLow = 32_768
    /// Unsent bytes at which a connection is cut, because its owner goes on writing in spite of that.
    public var unsentMaximum = 4 << 20
    /// Unsent bytes in the kernel above which it takes no more; what is urgent should overtake up here.
    public var kernelUnsent = 16_384
    /// How long accepting pauses when no file descriptors are left.
    public var acceptPause: TimeAmount = .seconds(1)

    public init() {}

    /// Connections at the same time from one network.
    public var acceptedPerNetworkMaximum: Int { max(1, acceptedMaximum / max(1, networkShare)) }

    /// These limits with the number of accepted connections fitted to the file descriptors that the process may have,
    /// leaving `reserved` for everything else. Shells must use it: a transport survives without descriptors, but parts
    /// of Swift's own libraries end the process when they cannot get one.
    public func fitting(openFiles: Int, reserved: Int = 128) -> TransportLimits {
        var fitted = self
        fitted.acceptedMaximum = min(acceptedMaximum, max(16, openFiles - reserved))
        return fitted
    }
}

/// What a transport has counted since it was made.
public struct TransportCounters: Hashable, Sendable {
    public internal(set) var accepted: UInt64 = 0
    /// Refused because `acceptedMaximum` was reached.
    public internal(set) var refusedForTotal: UInt64 = 0
    /// Refused because of the others from the same address.
    public internal(set) var refusedForAddress: UInt64 = 0
    /// Refused because of the others from the same network.
    public internal(set) var refusedForNetwork: UInt64 = 0
    /// Accepts that failed for want of file descriptors or buffers; each makes accepting pause.
    public internal(set) var acceptFailures: UInt64 = 0
    public internal(set) var connected: UInt64 = 0
    public internal(set) var connectFailures: UInt64 = 0
    public internal(set) var receivedBytes: UInt64 = 0
    /// Handed to the system for sending.
    public internal(set) var writtenBytes: UInt64 = 0
    /// Closed connections that were cut with something unsent, or whose other side did not close in time.
    public internal(set) var cutClosing: UInt64 = 0
    /// Connections cut because `unsentMaximum` was reached.
    public internal(set) var cutOverfull: UInt64 = 0

    public init() {}

    public var refused: UInt64 { refusedForTotal + refusedForAddress + refusedForNetwork }

    /// Every counter with its name, as status shows them.
    public var all: [(name: String, value: UInt64)] {
        [
            ("transport.accepted", accepted), ("transport.refusedForTotal", refusedForTotal),
            ("transport.refusedForAddress", refusedForAddress), ("transport.refusedForNetwork", refusedForNetwork),
            ("transport.acceptFailures", acceptFailures),
            ("transport.connected", connected), ("transport.connectFailures", connectFailures),
            ("transport.receivedBytes", receivedBytes), ("transport.writtenBytes", writtenBytes),
            ("transport.cutClosing", cutClosing), ("transport.cutOverfull", cutOverfull),
        ]
    }
}
