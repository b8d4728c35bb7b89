// The channel's handshake: Protocol/03-channel.md, "Handshake".

internal import Essentials
public import Sodium

extension Channel {
    /// The initiator's first bytes for the pipe. Faults: `notReady` for a responder or the second time,
    /// `contentTooLarge` when the message would be longer than 1,024 bytes; neither changes anything.
    public mutating func start(
        payload: [UInt8], using random: inout RandomStream
    ) throws(ChannelFault) -> [UInt8] {
        guard !isDead else { throw .dead }
        guard handshake.look({ $0.isInitiator && $0.messageCount == 0 }) == true else { throw .notReady }
        return try writeHandshake(payload: payload, using: &random)
    }

    /// The next handshake message for the pipe, when `awaitingReply` said so. If it is the last, the channel is
    /// established afterwards. Faults as for `start`.
    public mutating func reply(
        payload: [UInt8], using random: inout RandomStream
    ) throws(ChannelFault) -> [UInt8] {
        guard !isDead else { throw .dead }
        guard handshake.look({ $0.isOurTurn && $0.messageCount > 0 }) == true else { throw .notReady }
        return try writeHandshake(payload: payload, using: &random)
    }

    /// Reads one handshake message and says what it means for the owner.
    mutating func readHandshake(_ message: [UInt8]) throws(ChannelFault) -> [Event] {
        let index = handshake.look { $0.messageCount } ?? 0
        do throws(NoiseFault) {
            guard let payload = try handshake?.readMessage(message) else { throw .outOfTurn }
            try settle()
            return [.handshakePayload(payload, index: index), isEstablished ? .established : .awaitingReply]
        } catch {
            throw .noise(error)
        }
    }

    private mutating func writeHandshake(
        payload: [UInt8], using random: inout RandomStream
    ) throws(ChannelFault) -> [UInt8] {
        let overhead = handshake.look { $0.overhead } ?? 0
        guard payload.count <= Self.maximumHandshakeMessage - overhead else { throw .contentTooLarge }
        let message: [UInt8]
        do throws(NoiseFault) {
            guard let written = try handshake?.writeMessage(payload: payload, using: &random) else {
                throw .outOfTurn
            }
            message = written
            try settle()
        } catch {
            die(.noise(error))
            throw .noise(error)
        }
        return [UInt8(message.count >> 8), UInt8(message.count & 0xff)] + message
    }

    /// Goes over to packets once the last message went through.
    private mutating func settle() throws(NoiseFault) {
        guard let state = handshake.take() else { return }
        guard state.isFinished else {
            handshake = consume state
            return
        }
        settledStatic = state.remoteStatic
        transport = try state.finish()
    }

    mutating func die(_ reason: ChannelFault) {
        fault = fault ?? reason
        handshake = nil
        transport = nil
        buffer = []
    }
}
