// The channel's packets: Protocol/03-channel.md, "Framing", "Packets" and "Rekeying".

public import Essentials
internal import Sodium

extension Channel {
    /// Whether a packet is the last under its key.
    private static let endsKeyFlag: UInt8 = 1

    /// One packet for the pipe. Faults: `notReady` and `contentTooLarge` change nothing.
    public mutating func seal(_ content: [UInt8], at now: Moment) throws(ChannelFault) -> [UInt8] {
        var output: [UInt8] = []
        try seal(content, at: now, onto: &output)
        return output
    }

    /// The same, appended to what is to be written already, and with a content in two pieces, which saves those
    /// who put a header before bytes that they forward a copy.
    public mutating func seal(
        _ content: [UInt8], followedBy rest: ArraySlice<UInt8> = [], at now: Moment, onto output: inout [UInt8]
    ) throws(ChannelFault) {
        guard !isDead else { throw .dead }
        guard isEstablished else { throw .notReady }
        let length = content.count + rest.count
        guard let size = classes.size(forContent: length) else { throw .contentTooLarge }

        sent.count(size, at: now)
        let endsKey = sent.isSpent(limits, at: now)
        let start = output.count
        if start == 0 { output.reserveCapacity(2 + size) }
        output.append(UInt8(size >> 8))
        output.append(UInt8(size & 0xff))
        output.append(endsKey ? Self.endsKeyFlag : 0)
        output.append(UInt8(length >> 8))
        output.append(UInt8(length & 0xff))
        output.append(contentsOf: content)
        output.append(contentsOf: rest)
        output.append(contentsOf: repeatElement(0, count: size - PaddingClasses.overhead - length))
        do throws(NoiseFault) {
            try transport?.encrypt(inPlace: &output, from: start + 2)
        } catch {
            output.removeSubrange(start...)
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
        guard !isDead else { throw .dead }
        do throws(ChannelFault) {
            // Usually the buffer is empty and the bytes are taken over, not copied.
            if buffer.isEmpty { buffer = bytes } else { buffer += bytes }
            return try readFrames(at: now)
        } catch {
            die(error)
            throw error
        }
    }

    private mutating func readFrames(at now: Moment) throws(ChannelFault) -> [Event] {
        var events: [Event] = []
        var position = 0
        while let frame = try nextFrame(at: position) {
            if isEstablished {
                events.append(.packet(try readPacket(in: frame, at: now)))
            } else {
                events += try readHandshake(Array(buffer[frame]))
            }
            position = frame.upperBound
        }
        // The rest is copied out, so that a few bytes do not keep a large piece alive.
        if position == buffer.count {
            buffer = []
        } else if position > 0 {
            buffer = Array(buffer[position...])
        }
        return events
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

    /// Decrypts the packet where it stands in the buffer, and copies its content out.
    private mutating func readPacket(in frame: Range<Int>, at now: Moment) throws(ChannelFault) -> [UInt8] {
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
        return Array(buffer[start..<end])
    }
}
