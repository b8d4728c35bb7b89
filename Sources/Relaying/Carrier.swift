// A home's streams, and a relay's, that wait for a link to the member that a leaf wants. Each waits for a few seconds,
// with the little that the leaf has sent since.

internal import Essentials
internal import Identity

struct Carriage {
    let to: NodeKey
    let priority: StreamPriority
    var bytes: [UInt8]
    var isFinished = false
    /// Whether this node is the relay of a pipe, and not the home.
    var isExtended = false

    /// What stands before the first data in the frame that opens the onward stream.
    var opening: [UInt8] { isExtended ? StreamOpening.extended(priority) : StreamOpening.arrival(priority) }
}

struct Carrier {
    private var carriages: [StreamRef: Carriage] = [:]
    /// In the order in which they came.
    private var byMember: [NodeKey: [StreamRef]] = [:]

    var count: Int { carriages.count }

    func isWaiting(for node: NodeKey) -> Bool { byMember[node] != nil }

    mutating func wait(_ ref: StreamRef, _ carriage: Carriage) {
        carriages[ref] = carriage
        byMember[carriage.to, default: []].append(ref)
    }

    /// False when more came than may wait.
    mutating func hold(_ bytes: ArraySlice<UInt8>, of ref: StreamRef, limit: Int) -> Bool {
        guard let held = carriages[ref]?.bytes.count, held + bytes.count <= limit else { return false }
        carriages[ref]?.bytes += bytes
        return true
    }

    mutating func finish(_ ref: StreamRef) { carriages[ref]?.isFinished = true }

    /// The streams that wait for this member, in their order.
    func waiting(for node: NodeKey) -> [StreamRef] { byMember[node] ?? [] }

    mutating func take(_ ref: StreamRef) -> Carriage? {
        guard let carriage = carriages.removeValue(forKey: ref) else { return nil }
        byMember[carriage.to]?.removeAll { $0 == ref }
        if byMember[carriage.to]?.isEmpty == true { byMember[carriage.to] = nil }
        return carriage
    }
}
