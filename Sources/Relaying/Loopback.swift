// Connections of a node to itself. In a mesh of one member its own person has no other home; rather than making
// everything else know of that case, the node dials itself over a wire that never leaves this engine.

internal import DequeModule

struct Loopback {
    enum Arrival {
        case opened
        case bytes([UInt8])
        case closed
    }

    private var peers: [ConnectionID: ConnectionID] = [:]
    /// The ends that have not heard yet that the wire is closed: what they still say is for nobody, least of all for
    /// a shell, which does not know their numbers.
    private var ends: Set<ConnectionID> = []
    private var inbox = Deque<(to: ConnectionID, arrival: Arrival)>()

    func contains(_ connection: ConnectionID) -> Bool { ends.contains(connection) }

    /// Wires the two ends together; both learn that they are open, the caller last.
    mutating func join(caller: ConnectionID, callee: ConnectionID) {
        peers[caller] = callee
        peers[callee] = caller
        ends.formUnion([caller, callee])
        inbox.append((callee, .opened))
        inbox.append((caller, .opened))
    }

    mutating func write(_ bytes: [UInt8], from connection: ConnectionID) {
        guard let peer = peers[connection] else { return }
        inbox.append((peer, .bytes(bytes)))
    }

    mutating func close(_ connection: ConnectionID) {
        ends.remove(connection)
        guard let peer = peers.removeValue(forKey: connection) else { return }
        peers[peer] = nil
        inbox.append((peer, .closed))
    }

    /// The end has heard that the wire is closed, and has done what it does then.
    mutating func leave(_ connection: ConnectionID) { ends.remove(connection) }

    mutating func takeArrival() -> (to: ConnectionID, arrival: Arrival)? { inbox.popFirst() }
}
