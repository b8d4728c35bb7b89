// A node that the bench dials, played by hand.

import Essentials
import Identity
import Noise
@testable import Relaying
import Sodium
import Testing
import Wire

/// The answering side of a link, which may say anything in its hello.
final class RawAnswerer {
    let bench: Bench
    let identity: Owned<NodeIdentity>
    let connection: ConnectionID
    private let channel: Owned<Channel>
    private var random: RandomStream
    private var frames: [Frame] = []
    /// The tokens of the pings that came.
    private(set) var pings: [[UInt8]] = []

    init(_ bench: Bench, dialledAs role: Role, seed: UInt8 = 121) throws {
        self.bench = bench
        random = Fixtures.random(seed)
        identity = Owned(NodeIdentity.generate(using: &random))
        let target = DialTarget.member(
            identity.value.nodeKey, identity.value.channelKey, [Fixtures.endpoint(Int(seed))])
        var dialled: ConnectionID?
        for case .connect(let connection, _) in bench.give(.dialAsked(target, as: role)) { dialled = connection }
        connection = try #require(dialled)
        channel = Owned(
            Channel(
                role: .responder, pattern: .ik, prologue: LinkHandshake.prologue(bench.policy.id, .ik),
                localStatic: identity.value.channel.copy(), classes: .link))
        bench.give(.connectionOpened(connection, from: nil, outbound: true))
        _ = try channel.value.receive(Array(bench.takeOutput(connection).dropFirst(3)), at: bench.now)
        bench.give(.received(connection, try channel.value.reply(payload: [], using: &random)))
    }

    var link: LinkID { LinkID(number: connection.number) }
    var isUp: Bool { bench.linkInfo(link) != nil }

    /// The hello of a member with its own record.
    @discardableResult
    func becomeMember() throws -> RawAnswerer {
        let record = try Fixtures.record(of: identity.value, policy: bench.policy, at: [Fixtures.endpoint(91)])
        try say(.hello(try Hello(role: .member, record: record)))
        return self
    }

    func say(_ control: Control) throws { try send(.control, 0, control.encoded()) }

    func send(_ kind: FrameKind, _ stream: UInt32, _ payload: [UInt8] = []) throws {
        let packet = try channel.value.seal(FrameCodec.frame(kind, stream: stream, payload), at: bench.now)
        bench.give(.received(connection, packet))
    }

    /// The frames since the last look, keepalive left out.
    func takeFrames() throws -> [Frame] {
        for case .packet(let packet) in try channel.value.receive(bench.takeOutput(connection), at: bench.now) {
            var reader = FrameReader(packet)
            while let frame = try reader.next() { frames.append(frame) }
        }
        defer { frames = [] }
        pings += frames.filter { $0.kind == .ping }.map { Array($0.payload) }
        return frames.filter { $0.kind != .ping && $0.kind != .pong }
    }
}
