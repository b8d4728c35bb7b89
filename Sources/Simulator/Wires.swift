// The simulated TCP connections: who is at which end, what is cut, and that bytes never overtake each other.

internal import Essentials
internal import Wire

struct Wires {
    struct End: Hashable {
        let node: Int
        /// Which of the node's processes: a restarted one numbers its connections anew.
        let life: Int
        let connection: UInt64
    }

    struct Ends {
        let caller: End
        let callee: End
        let endpoint: Endpoint
    }

    struct Way: Hashable {
        let from: Int
        let to: Int
    }

    private struct State {
        let ends: Ends
        var isEstablished = false
        var isOpen = true
        /// Bytes were lost at a cut.
        var isLossy = false
        var toCaller = Direction()
        var toCallee = Direction()

        subscript(towards end: End) -> Direction {
            get { ends.caller == end ? toCaller : toCallee }
            set { if ends.caller == end { toCaller = newValue } else { toCallee = newValue } }
        }
    }

    /// One direction of a connection.
    private struct Direction {
        var last = Moment.origin
        /// Bytes that were written and not read yet.
        var underWay = 0
        /// The writer has been told to wait.
        var isFull = false
    }

    /// What the sockets at both ends and the way between them hold: with more the writer is told to wait, with less
    /// again that it may go on.
    private static let holds = (low: 128 * 1_024, high: 256 * 1_024)

    /// Which nodes reach each other: those of one group. Nodes that are not named are of group 0.
    var groups: [Int: Int] = [:]
    /// Ways on which nothing arrives, though the other direction may be whole.
    var blocked: Set<Way> = []
    private var states: [State] = []
    private var wireOfEnd: [End: Int] = [:]
    private var inbound: UInt64 = 1

    mutating func open(from caller: End, to node: Int, life: Int, at endpoint: Endpoint) -> Int {
        let callee = End(node: node, life: life, connection: inbound)
        inbound += 2
        states.append(State(ends: Ends(caller: caller, callee: callee, endpoint: endpoint)))
        wireOfEnd[caller] = states.count - 1
        wireOfEnd[callee] = states.count - 1
        return states.count - 1
    }

    mutating func establish(_ wire: Int) -> Ends? {
        guard states[wire].isOpen else { return nil }
        states[wire].isEstablished = true
        return states[wire].ends
    }

    /// Ends at a node that have not been told that they are closed.
    func count(of node: Int) -> Int {
        wireOfEnd.count { $0.key.node == node && states[$0.value].isOpen }
    }

    func isOpen(_ wire: Int) -> Bool { states[wire].isOpen }

    /// Whether anything on this wire reaches neither end, or not the one that is asked for.
    func isCut(_ wire: Int, towards node: Int? = nil) -> Bool {
        isCut(between: states[wire].ends.caller.node, and: states[wire].ends.callee.node, towards: node)
    }

    func isCut(between caller: Int, and callee: Int, towards node: Int? = nil) -> Bool {
        if groups[caller, default: 0] != groups[callee, default: 0] { return true }
        guard !blocked.isEmpty else { return false }
        let (there, back) = (Way(from: caller, to: callee), Way(from: callee, to: caller))
        return (node != caller && blocked.contains(there)) || (node != callee && blocked.contains(back))
    }

    func other(of end: End) -> (wire: Int, end: End)? {
        guard let wire = wireOfEnd[end], states[wire].isOpen else { return nil }
        let ends = states[wire].ends
        return (wire, ends.caller == end ? ends.callee : ends.caller)
    }

    /// When something sent now is read: never before what was sent earlier, and after `reading` more.
    mutating func arrival(_ wire: Int, at end: End, notBefore due: Moment, reading: Span = .zero) -> Moment {
        states[wire][towards: end].last = max(states[wire][towards: end].last, due) + reading
        return states[wire][towards: end].last
    }

    /// Bytes set out towards an end. The writer, if it has to wait from now on.
    mutating func set(_ bytes: Int, outTowards end: End, on wire: Int) -> End? {
        states[wire][towards: end].underWay += bytes
        guard states[wire][towards: end].underWay > Self.holds.high, !states[wire][towards: end].isFull else {
            return nil
        }
        states[wire][towards: end].isFull = true
        return other(of: end)?.end
    }

    /// Bytes were read at an end, or are lost. The writer, if it may go on.
    mutating func took(_ bytes: Int, at end: End, of wire: Int) -> End? {
        states[wire][towards: end].underWay -= bytes
        guard states[wire][towards: end].underWay < Self.holds.low, states[wire][towards: end].isFull else {
            return nil
        }
        states[wire][towards: end].isFull = false
        return other(of: end)?.end
    }

    /// The end has been told that its connection is closed: nothing it writes goes anywhere.
    mutating func forget(_ end: End) { wireOfEnd[end] = nil }

    /// Both ends, to be told.
    mutating func close(_ wire: Int) -> [End] {
        guard states[wire].isOpen else { return [] }
        states[wire].isOpen = false
        return [states[wire].ends.caller, states[wire].ends.callee]
    }

    mutating func lose(_ wire: Int) { states[wire].isLossy = true }

    /// Closes what has a hole; the ends, to be told.
    mutating func closeLossy() -> [[End]] {
        states.indices.filter { states[$0].isLossy }.map { close($0) }
    }

    /// Breaks everything that a node had; the ends at others, to be told.
    mutating func cutAll(of node: Int) -> [[End]] {
        states.indices.compactMap { wire in
            let ends = states[wire].ends
            guard states[wire].isOpen, ends.caller.node == node || ends.callee.node == node else { return nil }
            return close(wire).filter { $0.node != node }
        }
    }
}
