// Connections that have not shown who they are. When all places are taken a newcomer gets one all the same: a flood then
// only shortens the time that a handshake may take, and first of all its own.

internal import Identity
internal import OrderedCollections

struct HalfOpenPlaces {
    private let capacity: Int
    /// In the order in which they came.
    private var origins = OrderedDictionary<ConnectionID, Origin>()
    private var places = Places()

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { origins.count }

    subscript(connection: ConnectionID) -> Origin? { origins[connection] }

    func count(of subnet: Subnet) -> Int { places.count(of: subnet) }
    func count(at host: Host) -> Int { origins.values.count { $0.host == host } }

    /// Names the connection that has to go instead, if one has.
    mutating func enter(_ connection: ConnectionID, _ origin: Origin) -> ConnectionID? {
        let evicted = origins.count >= capacity ? victim : nil
        if let evicted { _ = leave(evicted) }
        origins[connection] = .some(origin)
        places.enter(origin)
        return evicted
    }

    mutating func leave(_ connection: ConnectionID) -> Origin? {
        guard let origin = origins.removeValue(forKey: connection) else { return nil }
        places.leave(origin)
        return origin
    }

    /// The oldest from the wide subnet that has most, if it has more than an eighth of all; else the oldest.
    private var victim: ConnectionID? {
        var victim = origins.keys.first
        var most = capacity / 8
        for (connection, origin) in origins {
            guard let wide = origin.wide, places.count(of: wide) > most else { continue }
            most = places.count(of: wide)
            victim = connection
        }
        return victim
    }
}
