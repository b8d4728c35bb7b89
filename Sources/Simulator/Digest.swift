// What the hash of a run's end is made of: words, and how what a node holds becomes words.

internal import Essentials
internal import NodeEngine
internal import Wire

/// FNV-1a over words.
struct Digest {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
    mutating func mix(_ word: UInt64) { value = (value ^ word) &* 0x0000_0100_0000_01b3 }
}

extension Digest {
    mutating func mix(span: Span?) { mix(span.map { UInt64(bitPattern: $0.microseconds) } ?? .max) }

    private mutating func mix(endpoint: Endpoint) {
        switch endpoint {
        case .v4(let host, _): mix(UInt64(host))
        case .v6(let host, _):
            mix(host.high)
            mix(host.low)
        }
        mix(UInt64(endpoint.port))
    }

    /// Of one line of a table: all that its node holds of somebody. Lines have no order of their own; whoever mixes
    /// several sorts their hashes.
    ///
    /// - Parameters:
    ///   - number: stands for the key, which costs more in earnest.
    ///   - seq: of the record that is held.
    static func line(of peer: NodeSnapshot.Peer, number: UInt64, seq: UInt64?) -> UInt64 {
        var digest = Digest()
        let link: UInt64 =
            switch peer.link {
            case .none: 0
            case .outbound: 1
            case .inbound: 2
            }
        let reach: UInt64 =
            switch peer.reach {
            case .reached: 0
            case .answersOthers: 1
            case .noAnswer: 2
            case .unknown: 3
            }
        digest.mix(number)
        digest.mix(peer.isPresent ? 1 : 0)
        digest.mix(link)
        digest.mix(reach)
        digest.mix(seq ?? .max)
        // All are looked at in the same moment, so that the age is the time.
        digest.mix(span: peer.heartbeatAge)
        // A record has its addresses in one order, and can have none.
        digest.mix(UInt64(peer.addresses.count))
        for endpoint in peer.addresses { digest.mix(endpoint: endpoint) }
        return digest.value
    }
}
