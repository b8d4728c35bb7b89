// The first message of a pipe to the engine as a keeper or a door.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Wire

enum PipeInitiator {
    static func opening(
        _ request: Request, to member: Cast.Player, in network: UInt64, using random: inout RandomStream
    ) throws -> [UInt8] {
        var channel = Channel(
            role: .initiator, pattern: .nk, prologue: PipePrologue.bytes(network: network, member: member.node),
            remoteStatic: member.identity.value.channelKey.bytes, classes: .conversation)
        return try channel.start(payload: request.block(), using: &random)
    }
}
