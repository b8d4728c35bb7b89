// One connection of an evil node: the real handshake of Protocol/05-homes-and-doors.md, "Becoming a link", and then
// whatever the test wants to put into the channel.

internal import Essentials
internal import Identity
internal import NodeEngine
internal import Noise
internal import Sodium
internal import Wire

final class EvilLink {
    enum Pattern: UInt8 {
        case ik = 1
        case xx = 2
    }

    unowned let node: EvilNode
    let connection: UInt64
    let isOutbound: Bool
    private var channel: Owned<Channel>?
    private var preface: [UInt8] = []
    private var nextNumber: UInt32
    private(set) var isUp = false
    private(set) var isClosed = false
    /// What the other end says it is.
    private(set) var role: Role?
    private(set) var peer: NodeKey?
    private(set) var terms: HomeTerms?
    private(set) var isAttached = false
    /// Whether the other end wants heartbeats over this link.
    private(set) var isEager = false
    private(set) var streams: [UInt32: EvilStream] = [:]
    /// What the other end closed the link with.
    private(set) var closeCode: UInt16?
    /// Frames that came, by kind.
    private(set) var heard: [UInt8: Int] = [:]

    init(_ node: EvilNode, _ connection: UInt64, isOutbound: Bool) {
        self.node = node
        self.connection = connection
        self.isOutbound = isOutbound
        nextNumber = isOutbound ? 1 : 2
    }

    // MARK: handshake

    static func prologue(_ network: UInt64, _ preface: [UInt8]) -> [UInt8] {
        Array("passant/link/1".utf8) + network.bigEndianBytes + preface
    }

    /// Preface and first message of a dialler: by XX, or by IK to a known key.
    func opening(_ pattern: Pattern, key: consuming AgreementKey, remote: Bytes32? = nil) -> [UInt8] {
        let preface: [UInt8] = [0x50, 1, pattern.rawValue]
        let made = Owned(
            Channel(
                role: .initiator, pattern: pattern == .ik ? .ik : .xx,
                prologue: Self.prologue(node.policy.id, preface), localStatic: key,
                remoteStatic: pattern == .ik ? remote : nil, classes: .link))
        channel = made
        return preface + ((try? made.value.start(payload: [], using: &node.random)) ?? [])
    }

    func receive(_ bytes: [UInt8]) {
        guard !isClosed else { return }
        if let channel { return take(bytes, channel) }
        preface += bytes
        guard !isOutbound, preface.count >= 3 else { return }
        let made = Owned(
            Channel(
                role: .responder, pattern: preface[2] == 1 ? .ik : .xx,
                prologue: Self.prologue(node.policy.id, Array(preface.prefix(3))),
                localStatic: node.identity.value.channel.copy(), classes: .link))
        channel = made
        take(Array(preface.dropFirst(3)), made)
    }

    private func take(_ bytes: [UInt8], _ channel: Owned<Channel>) {
        guard let events = try? channel.value.receive(bytes, at: node.now) else { return close() }
        for event in events {
            switch event {
            case .handshakePayload: break
            case .awaitingReply:
                guard node.onHandshake?(self) != true else { return }
                guard let reply = try? channel.value.reply(payload: [], using: &node.random) else { return close() }
                write(reply)
                if channel.value.isEstablished { node.greet(self) }
            case .established: node.greet(self)
            case .packet(let content):
                for frame in EvilFrame.all(in: content) where !isClosed { take(frame) }
            }
        }
    }

    // MARK: frames

    private func take(_ frame: EvilFrame) {
        heard[frame.kind, default: 0] += 1
        if node.onFrame?(self, frame) == true { return }
        switch EvilFrame.Kind(rawValue: frame.kind) {
        case .control?:
            guard let control = try? Control(decoding: frame.payload) else { return }
            hear(control)
        case .open?:
            let stream = EvilStream(self, frame.stream)
            streams[frame.stream] = stream
            node.opened(stream, frame.payload)
        case .ping?:
            let wall = (node.wall + (node.isLiedTo(self) ? node.clockLie : .zero)).milliseconds
            send(.pong, 0, frame.payload + wall.bigEndianBytes + wall.bigEndianBytes)
        case .close?: closeCode = UInt16(bigEndianBytes: frame.payload)
        case .pong?, nil: break
        case .data?, .credit?, .finish?, .reset?: streams[frame.stream]?.take(frame)
        }
    }

    private func hear(_ control: Control) {
        switch control {
        case .hello(let hello):
            isUp = true
            role = hello.role
            terms = hello.terms
            if let signed = hello.record, let body = try? RecordBody(decoding: signed.body) {
                peer = NodeKey(body.nodeKey)
                node.table.take(signed)
            }
            node.cameUp(self)
        case .attach:
            isAttached = true
            node.attachAsked(self)
        case .graft: isEager = true
        case .prune: isEager = false
        default: node.heard(control, on: self)
        }
    }

    func send(_ kind: EvilFrame.Kind, _ stream: UInt32 = 0, _ payload: [UInt8] = []) {
        send(EvilFrame(kind, stream, payload))
    }

    func send(_ frames: EvilFrame...) { send(raw: frames.flatMap(\.bytes)) }
    func say(_ control: Control) { say(encoded: control.encoded()) }
    func say(encoded control: [UInt8]) { send(.control, 0, control) }

    /// Any content in a packet of its own.
    func send(raw content: [UInt8]) {
        guard !isClosed, let channel, let packet = try? channel.value.seal(content, at: node.now) else { return }
        write(packet)
    }

    /// Any bytes on the connection.
    func write(_ bytes: [UInt8]) { if !isClosed { node.order(.write(connection, bytes)) } }

    /// Opens a stream; the last `early` bytes of the payload are data.
    func open(_ payload: [UInt8], early: Int = 0) -> EvilStream {
        let stream = EvilStream(self, nextNumber)
        nextNumber &+= 2
        stream.spend(early)
        streams[stream.number] = stream
        send(.open, stream.number, payload)
        return stream
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        node.order(.close(connection))
    }

    /// The connection is gone.
    func ended() {
        isClosed = true
        isUp = false
        // In their order: what they lead to is part of the history.
        for number in streams.keys.sorted() {
            if let stream = streams[number], !stream.isOver { stream.wasReset(9) }
        }
    }
}
