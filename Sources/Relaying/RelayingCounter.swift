// What is counted. Counters carry numbers only: no address, no key, nothing that names anybody.

/// One thing that is counted.
public enum RelayingCounter: String, Hashable, Sendable, CaseIterable {
    // connections
    case connectionsRefused
    case halfOpenEvicted
    case handshakesFailed
    case handshakesExpired
    case handshakesReplayed
    case hellosRefused
    case recordsStolen
    case versionsIncompatible
    // links
    case linksUp
    case linksViolated
    case linksSilent
    case linksIdle
    case pingsIgnored
    case controlDropped
    case controlMalformed
    case dialsFailed
    case packetsSent
    case packetsReceived
    // streams
    case streamsRefused
    case streamsExpired
    case streamsShed
    case bytesForwarded
    // homes
    case leavesAttached
    case leavesRefused
    case carriagesOpened
    case carriagesForbidden
    case carriagesBeyondShare
    case carriagesUnreachable
    case quotaStreams
    case quotaRate
    case quotaDay
    // keepers, doors and relays
    case arrivalsOpened
    case arrivalsRefused
    case arrivalsFailed
    case arrivalsReplayed
    case arrivalsExpired
    case extensionsOpened
    case extensionsRefused
    case depositsArrived
    case joinsWaiting
    case joinsJoined
    case joinsRefused
    case joinsExpired
    case doorsOverrun
    case joinedEnded
    // own person
    case homesReplaced
    case homesRefused
    case pipesOpened
    case pipesUnanswered
    case pipesFailed
}
