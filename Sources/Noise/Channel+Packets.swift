// The channel's packets: Protocol/03-channel.md, "Framing", "Packets" and "Rekeying".

public import Essentials
internal import Sodium

extension Channel {
    /// Whether a packet is the last under its key.
    private static let endsKeyFlag: UInt8 = 1

    /// One packet for the pipe. Faults: `notReady` and `contentTooLarge` change nothing.
    public mutating func seal(_ content: [UInt8], at now: Moment) throws(ChannelFault) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(2 + (classes.size(forContent: content.count) ?? 0))
        Self.leaveRoom(in: &output)
        output.append(contentsOf: content)
        try seal(from: 0, in: &output, at: now)
        return output
    }

    /// Leaves room in `output` for what a packet has before its content. The content is written behind it, and `seal`
    /// is then given where the room begins: so a packet is made where it is to be sent from, without a copy.
    public static func leaveRoom(in output: inout [UInt8]) {
        for _ in 0..<Self.headSize { output.append(0) }
    }

    /// How much room that is: the length u16 of the frame, and the packet's own header.
    public static var headSize: Int { 2 + PaddingClasses.header }

    /// Makes a packet of everything in `output` behind the room that begins at `start`. After a fault `output` ends
    /// at `start`.
    public mutating func seal(from start: Int, in output: inout [UInt8], at now: Moment) throws(ChannelFault) {
        do throws(ChannelFault) {
            try fillIn(from: start, in: &output, at: now)
        } catch {
            output.removeSubrange(max(0, min(start, output.count))...)
            throw error
        }
    }

    private mutating func fillIn(from start: Int, in output: inout [UInt8], at now: Moment) throws(ChannelFault) {
        guard !isDead else { throw .dead }
        guard isEstablished else { throw .notReady }
        let length = output.count - start - Self.headSize
        guard start >= 0, length >= 0, let size = classes.size(forContent: length) else { throw .contentTooLarge }

        sent.count(size, at: now)
        let endsKey = sent.isSpent(limits, at: now)
        output[start] = UInt8(size >> 8)
        output[start + 1] = UInt8(size & 0xff)
        output[start + 2] = endsKey ? Self.endsKeyFlag : 0
        output[start + 3] = UInt8(length >> 8)
        output[start + 4] = UInt8(length & 0xff)
        appendZeros(size - PaddingClasses.overhead - length, to: &output)
        do throws(NoiseFault) {
            try transport?.encrypt(inPlace: &output, from: start + 2)
        } catch {
            die(.noise(error))
            throw .noise(error)
        }
        if endsKey {
            transport?.rekeySending()
            sent = KeyUse()
        }
    }

    /// Takes what the pipe brought, in pieces of any size, and says what it amounted to. A fault is final: the
    /// channel is dead, and what the same bytes held before the fault is lost with it.
    public mutating func receive(_ bytes: consuming [UInt8], at now: Moment) throws(ChannelFault) -> [Event] {
        var events: [Event] = []
        try readFrames(bytes) { channel, frame throws(ChannelFault) in
            if channel.isEstablished {
                let content = try channel.readPacket(in: frame, at: now)
                events.append(.packet(Array(channel.buffer[content])))
            } else {
                events += try channel.readHandshake(Array(channel.buffer[frame]))
            }
        }
        return events
    }

    /// The same for an established channel, whose packets are returned as parts of the bytes that they came in: nothing
    /// is copied, but whoever keeps one of them keeps all those bytes.
    public mutating func receivePackets(
        _ bytes: consuming [UInt8], at now: Moment
    ) throws(ChannelFault) -> [ArraySlice<UInt8>] {
        var contents: [Range<Int>] = []
        let read = try readFrames(bytes) { channel, frame throws(ChannelFault) in
            guard channel.isEstablished else { throw .notReady }
            contents.append(try channel.readPacket(in: frame, at: now))
        }
        return contents.map { read[$0] }
    }

    /// Takes the whole frames out of what waits and what came; returns what they were read from, in its last state.
    @discardableResult
    private mutating func readFrames(
        _ bytes: consuming [UInt8], _ read: (inout Channel, Range<Int>) throws(ChannelFault) -> Void
    ) throws(ChannelFault) -> [UInt8] {
        guard !isDead else { throw .dead }
        do throws(ChannelFault) {
            // Usually the buffer is empty and the bytes are taken over, not copied.
            if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
            var position = 0
            while let frame = try nextFrame(at: position) {
                try read(&self, frame)
                position = frame.upperBound
            }
            guard position > 0 else { return [] }
            // The rest is copied out, so that a few bytes do not keep a large piece alive.
            var whole: [UInt8] = position == buffer.count ? [] : Array(buffer[position...])
            swap(&whole, &buffer)
            return whole
        } catch {
            die(error)
            throw error
        }
    }

    /// Where the body of the next frame stands, once all of it is there. Its length is judged as soon as it is
    /// known, so that nothing but the sizes we know is ever waited for.
    private func nextFrame(at position: Int) throws(ChannelFault) -> Range<Int>? {
        let available = buffer.count - position
        if !isEstablished && !isTheirTurn {
            guard available == 0 else { throw .outOfTurn }
            return nil
        }
        guard available >= 2 else { return nil }
        let length = Int(buffer[position]) << 8 | Int(buffer[position + 1])
        let isKnown =
            isEstablished
            ? classes.sizes.contains(length) : (1...Self.maximumHandshakeMessage).contains(length)
        guard isKnown else { throw .wrongSize }
        guard available >= 2 + length else { return nil }
        return position + 2..<position + 2 + length
    }

    private var isTheirTurn: Bool { handshake.look { $0.isTheirTurn } ?? false }

    /// Decrypts the packet where it stands in the buffer; returns where its content stands.
    private mutating func readPacket(in frame: Range<Int>, at now: Moment) throws(ChannelFault) -> Range<Int> {
        let plaintext: Range<Int>
        do throws(NoiseFault) {
            guard let opened = try transport?.decrypt(inPlace: &buffer, in: frame) else { throw .outOfTurn }
            plaintext = opened
        } catch {
            throw .noise(error)
        }
        // The classes leave room for the header in every packet.
        let flags = buffer[plaintext.lowerBound]
        let start = plaintext.lowerBound + PaddingClasses.header
        let end = start + (Int(buffer[start - 2]) << 8 | Int(buffer[start - 1]))
        guard flags & ~Self.endsKeyFlag == 0, end <= plaintext.upperBound,
            allZero(buffer, in: end..<plaintext.upperBound)
        else { throw .malformed }

        let endsKey = flags & Self.endsKeyFlag != 0
        received.count(frame.count, at: now)
        guard !received.hasOverstayed(limits, at: now, endsKey: endsKey) else { throw .overstayed }
        if endsKey {
            transport?.rekeyReceiving()
            received = KeyUse()
        }
        return start..<end
    }
}
