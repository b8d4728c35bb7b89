// A leaf for loading real members: the relaying engine and the transport of a node, and nothing above them.

import Essentials
import Identity
import NIOCore
import Relaying
import Sodium
import Transport
import Wire

/// One engine with its sockets. Confined to its event loop.
final class Leaf: TransportHandler {
    let loop: any EventLoop
    let identity: Owned<NodeIdentity>
    /// What the engine says, apart from what belongs to sockets.
    var hear: (RelayingEffect) -> Void = { _ in }
    var random: RandomStream
    private let transport: TCPTransport
    private let origin = NIODeadline.now()
    private let engine: Owned<Relaying>
    private var waiting: [RelayingInput] = []
    private var isHandling = false
    private var heard: [RelayingEffect] = []
    private var isTelling = false
    private var wake: Scheduled<Void>?
    private var wakeAt: Moment?

    /// - Parameter home: the one member that may become its home; without one it has none.
    init(_ policy: NetworkPolicy, home: NodeKey?, knowing members: [KnownMember], on loop: any EventLoop) {
        self.loop = loop
        var random = RandomStream(seed: SystemEntropy.seed())
        identity = Owned(NodeIdentity.generate(using: &random))
        self.random = random
        var limits = RelayingLimits.standard
        limits.wantsHomes = home != nil
        limits.homes = 1
        engine = Owned(
            Relaying(
                policy: policy, identity: identity, limits: limits,
                clock: MeshClock(wallAtOrigin: WallTime(milliseconds: wallMilliseconds())), at: .origin))
        transport = TCPTransport(eventLoop: loop, limits: TransportLimits().fitting(openFiles: OpenFiles.raiseLimit()))
        transport.handler = self
        give(
            .membersChanged(
                members.map {
                    KnownMember(
                        node: $0.node, channel: $0.channel, addresses: $0.addresses, isPresent: true,
                        servesAsHome: $0.node == home)
                }))
    }

    var now: Moment { Moment(microseconds: UInt64(clamping: (NIODeadline.now() - origin).nanoseconds / 1_000)) }
    func room(of pipe: PipeID) -> Int { engine.value.room(of: pipe) }
    func shutDown() { transport.shutDown() }

    func give(_ input: RelayingInput) {
        waiting.append(input)
        guard !isHandling else { return }
        isHandling = true
        while !waiting.isEmpty {
            let inputs = waiting
            waiting = []
            for input in inputs {
                for effect in engine.value.handle(input, at: now, using: &random) { carryOut(effect) }
            }
        }
        isHandling = false
        arm()
        tell()
    }

    /// Outside of the engine's turns, so that what is asked in answer has happened when the next effect is told.
    private func tell() {
        guard !isTelling else { return }
        isTelling = true
        while !heard.isEmpty {
            let effects = heard
            heard = []
            for effect in effects { hear(effect) }
        }
        isTelling = false
    }

    private func carryOut(_ effect: RelayingEffect) {
        switch effect {
        case .connect(let connection, let endpoint): transport.connect(connection: connection.number, to: endpoint)
        case .write(let connection, let bytes): transport.write(connection: connection.number, bytes: bytes)
        case .close(let connection): transport.close(connection: connection.number)
        case .count: break
        default: heard.append(effect)
        }
    }

    private func arm() {
        let due = engine.value.nextDeadline()
        guard due != wakeAt else { return }
        wake?.cancel()
        wakeAt = due
        guard let due else { return }
        let box = NIOLoopBound(self, eventLoop: loop)
        wake = loop.scheduleTask(deadline: origin + .microseconds(Int64(clamping: due.microseconds))) {
            box.value.wakeAt = nil
            box.value.give(.timerFired)
        }
    }

    func opened(connection: UInt64, remote: Endpoint?, outbound: Bool) {
        give(.connectionOpened(ConnectionID(number: connection), from: remote, outbound: outbound))
    }
    func failed(connection: UInt64) { give(.connectionFailed(ConnectionID(number: connection))) }
    func received(connection: UInt64, bytes: [UInt8]) {
        give(.received(ConnectionID(number: connection), bytes))
    }
    func writabilityChanged(connection: UInt64, isWritable: Bool) {
        give(.writabilityChanged(ConnectionID(number: connection), isWritable: isWritable))
    }
    func closed(connection: UInt64) { give(.connectionClosed(ConnectionID(number: connection))) }
}
