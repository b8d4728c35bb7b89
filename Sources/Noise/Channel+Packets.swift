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
    public mutating func receive(_ bytes: [UInt8], at now: Moment) throws(ChannelFault) -> [Event] {
        var events: [Event] = []
        try readFrames(bytes[...]) { channel, frame throws(ChannelFault) in
            if channel.isEstablished {
                events.append(.packet(Array(try channel.readPacket(frame, at: now))))
            } else {
                events += try channel.readHandshake(Array(frame))
            }
        }
        return events
    }

    /// The same for an established channel. Each content is a part of its decrypted packet, not a copy: whoever keeps
    /// it keeps the padding as well.
    public mutating func receivePackets(
        _ bytes: [UInt8], at now: Moment
    ) throws(ChannelFault) -> [ArraySlice<UInt8>] {
        var contents: [ArraySlice<UInt8>] = []
        try readFrames(bytes[...]) { channel, frame throws(ChannelFault) in
            guard channel.isEstablished else { throw .notReady }
            contents.append(try channel.readPacket(frame, at: now))
        }
        return contents
    }

    /// Reads the frames in what waits and what came, from where they stand; only a frame that comes in several pieces
    /// is put together first.
    private mutating func readFrames(
        _ bytes: ArraySlice<UInt8>, _ read: (inout Channel, ArraySlice<UInt8>) throws(ChannelFault) -> Void
    ) throws(ChannelFault) {
        guard !isDead else { throw .dead }
        do throws(ChannelFault) {
            var bytes = bytes
            while let frame = try nextFrame(&bytes) { try read(&self, frame) }
        } catch {
            die(error)
            throw error
        }
    }

    /// Takes the body of the next frame out, once all of it is there; until then everything is kept. Its length is
    /// judged as soon as it is known, so that nothing but the sizes we know is ever waited for.
    private mutating func nextFrame(_ bytes: inout ArraySlice<UInt8>) throws(ChannelFault) -> ArraySlice<UInt8>? {
        if !isEstablished && !isTheirTurn {
            guard bytes.isEmpty else { throw .outOfTurn }
            return nil
        }
        if buffer.isEmpty, let size = try frameSize(bytes), bytes.count >= size {
            let frame = bytes.prefix(size)
            bytes = bytes.dropFirst(size)
            return frame.dropFirst(2)
        }
        moveToBuffer(2, from: &bytes)
        guard let size = try frameSize(buffer[...]) else { return nil }
        buffer.reserveCapacity(size)
        moveToBuffer(size, from: &bytes)
        guard buffer.count == size else { return nil }
        var frame: [UInt8] = []
        swap(&frame, &buffer)
        return frame[2...]
    }

    /// Moves bytes until the buffer holds so many, or there are none.
    private mutating func moveToBuffer(_ count: Int, from bytes: inout ArraySlice<UInt8>) {
        guard buffer.count < count else { return }
        let piece = bytes.prefix(count - buffer.count)
        buffer.append(contentsOf: piece)
        bytes = bytes.dropFirst(piece.count)
    }

    /// How long the frame is that begins here, its length included; nil before that is known.
    private func frameSize(_ bytes: ArraySlice<UInt8>) throws(ChannelFault) -> Int? {
        guard bytes.count >= 2 else { return nil }
        let length = Int(bytes[bytes.startIndex]) << 8 | Int(bytes[bytes.startIndex + 1])
        let isKnown =
            isEstablished
            ? classes.sizes.contains(length) : (1...Self.maximumHandshakeMessage).contains(length)
        guard isKnown else { throw .wrongSize }
        return 2 + length
    }

    private var isTheirTurn: Bool { handshake.look { $0.isTheirTurn } ?? false }

    /// Decrypts a packet; returns its content.
    private mutating func readPacket(_ frame: ArraySlice<UInt8>, at now: Moment) throws(ChannelFault) -> ArraySlice<
        UInt8
    > {
        let plaintext: [UInt8]
        do throws(NoiseFault) {
            guard let opened = try transport?.decrypt(frame) else { throw .outOfTurn }
            plaintext = opened
        } catch {
            throw .noise(error)
        }
        guard plaintext.count >= PaddingClasses.header else { throw .malformed }
        let flags = plaintext[0]
        let end = PaddingClasses.header + (Int(plaintext[1]) << 8 | Int(plaintext[2]))
        guard flags & ~Self.endsKeyFlag == 0, end <= plaintext.count, allZero(plaintext, in: end..<plaintext.count)
        else { throw .malformed }

        let endsKey = flags & Self.endsKeyFlag != 0
        received.count(frame.count, at: now)
        guard !received.hasOverstayed(limits, at: now, endsKey: endsKey) else { throw .overstayed }
        if endsKey {
            transport?.rekeyReceiving()
            received = KeyUse()
        }
        return plaintext[PaddingClasses.header..<end]
    }
}
