// The hash of a run's end tells apart whatever differs in what a node holds.

import Essentials
import Identity
@testable import NodeEngine
@testable import Simulator
import Sodium
import Testing
import Wire

@Suite struct DigestTests {
    private static let key = NodeKey(Blake2b.hash(domain: "digest", [1]))

    private func line(
        number: UInt64 = 1, seq: UInt64? = 7, isPresent: Bool = true, age: Span? = .seconds(3),
        link: NodeSnapshot.Peer.Link = .none, reach: NodeSnapshot.Peer.Reach = .reached,
        addresses: [Endpoint] = [.v4(0x0A00_0001, port: 4_700)]
    ) -> UInt64 {
        let peer = NodeSnapshot.Peer(
            node: Self.key, isPresent: isPresent, heartbeatAge: age, link: link, reach: reach, addresses: addresses)
        return Digest.line(of: peer, number: number, seq: seq)
    }

    @Test("two lines that differ in anything that is held have different hashes, and equal ones the same")
    func lines() {
        let all = [
            line(), line(number: 2), line(seq: 8), line(seq: nil), line(isPresent: false), line(age: .seconds(4)),
            line(age: nil), line(link: .inbound), line(link: .outbound), line(reach: .answersOthers),
            line(reach: .noAnswer), line(reach: .unknown), line(addresses: []),
            line(addresses: [.v4(0x0A00_0002, port: 4_700)]), line(addresses: [.v4(0x0A00_0001, port: 4_701)]),
            line(addresses: [.v6(Address6(high: 0, low: 0x0A00_0001), port: 4_700)]),
        ]
        #expect(Set(all).count == all.count)
        #expect(line() == line())
    }

    @Test("a clock that is off by a microsecond in either direction has another hash")
    func offsets() {
        let hashes = [0, 1, -2].map { (microseconds: Int64) in
            var digest = Digest()
            digest.mix(span: .microseconds(microseconds))
            return digest.value
        }
        #expect(Set(hashes).count == 3)
    }
}
