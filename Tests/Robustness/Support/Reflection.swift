// A failed expectation looks into the values that it names. Keys and channels cannot be copied, so nobody may look
// into what holds them: it says nothing of its inside instead.

import Essentials
import Pairing

/// Something that holds what cannot be copied.
protocol Opaque: CustomReflectable {}

extension Opaque {
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension End: Opaque {}
extension Hand: Opaque {}
extension Lane: Opaque {}
extension Seat: Opaque {}
extension Pair: Opaque {}
extension HostileStranger: Opaque {}
extension Bench: Opaque {}
extension RawPeer: Opaque {}
extension RawPipe: Opaque {}
extension RawHome: Opaque {}
extension RawKeeper: Opaque {}
extension Scene: Opaque {}
extension TestMember: Opaque {}
extension TestSeeker: Opaque {}
extension KeeperBench: Opaque {}
extension SeekBench: Opaque {}
extension World: Opaque {}
extension AgreementKeyBox: Opaque {}
extension MadeOffer: Opaque {}
extension Neighbour: Opaque {}
extension TableBench: Opaque {}
extension NodeNet: Opaque {}
extension NetPeer: Opaque {}
extension HostileAnswerTests.Moments: Opaque {}
