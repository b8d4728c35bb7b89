// What engines report to their owners, and the little that an owner does by itself.

import Essentials
import Identity
import Relaying
import Wire

extension RelayWorld {
    func note(_ effect: RelayingEffect, of node: WorldNode) {
        node.log.append(effect)
        switch effect {
        case .linkUp(let info): node.linksUp[info.id] = info
        case .linkDown(let link, let ending):
            node.linksUp[link] = nil
            node.linkEndings[link] = ending
        case .linkWanted(let key):
            node.wanted.append(key)
            if let member = self.node(key) {
                give(node, .dialAsked(.member(key, member.channelKey, member.endpoints), as: .member))
            }
        case .dialFailed(let target, _): node.failedDials.append(target)
        case .controlReceived(_, let control): node.controls.append(control)
        case .offsetMeasured(_, let offset, _, let uncertainty): node.offsets.append((offset, uncertainty))
        case .homesChanged(let homes): node.remembered.append(homes)
        case .depositArrived(let id, let deposit, let via, _):
            node.deposits.append((id, deposit, via))
            if let receipt = node.receipt { give(node, .arrivalAsked(id, .answer(receipt))) }
        case .arrivalPacket(let id, let packet): node.arrivalPackets[id, default: []].append(packet)
        case .arrivalClosed(let id): node.closedArrivals.append(id)
        case .pipeAnswered(let pipe, let answer): node.answers[pipe, default: []].append(answer)
        case .pipePacket(let pipe, let packet): node.packets[pipe, default: []].append(packet)
        case .pipeReceived(let pipe, let bytes): node.received[pipe, default: []] += bytes
        case .pipeFinished(let pipe): node.finished.insert(pipe)
        case .pipeClosed(let pipe, let ending): node.endings[pipe] = ending
        case .count(let counter, let amount): node.counters[counter, default: 0] += amount
        case .homeAttached, .homeLost, .pipeWritable, .connect, .write, .close: break
        }
    }

    /// Opens a pipe from a leaf through one of its homes.
    func open(
        _ pipe: UInt64, from leaf: WorldNode, through link: LinkID? = nil, to member: WorldNode, _ request: Request,
        early: [UInt8] = [], priority: StreamPriority = .text, manualCredit: Bool = false, via relay: WorldNode? = nil
    ) -> PipeID {
        let id = PipeID(number: pipe)
        let link = link ?? leaf.engine.value.pickHome(avoiding: member.nodeKey, at: now, using: &leaf.random)
        give(
            leaf,
            .pipeAsked(
                id,
                .open(
                    PipeOpening(
                        through: link ?? LinkID(number: 0), to: member.nodeKey, channel: member.channelKey,
                        request: request, early: early, priority: priority, manualCredit: manualCredit,
                        via: relay.map { PipeRelay(node: $0.nodeKey, channel: $0.channelKey) }))))
        return id
    }

    /// Writes as much as there is room for, again and again, until all is written or the time is up.
    func pour(_ bytes: [UInt8], into pipe: PipeID, of node: WorldNode, within span: Span) -> Bool {
        var rest = bytes[...]
        let deadline = now + span
        while !rest.isEmpty, now < deadline {
            let room = node.engine.value.room(of: pipe)
            if room > 0 {
                let piece = rest.prefix(room)
                rest = rest.dropFirst(piece.count)
                give(node, .pipeAsked(pipe, .write(Array(piece))))
            }
            run(for: .milliseconds(20))
        }
        return rest.isEmpty
    }

    /// Two leaves, each with its homes, and a pipe between them through `door`.
    func meet(_ one: WorldNode, _ two: WorldNode, at door: WorldNode, token: UInt8 = 1, pipe: UInt64 = 1) -> (
        PipeID, PipeID
    ) {
        let first = open(pipe, from: one, to: door, Fixtures.join(token))
        run(for: .milliseconds(200))
        let second = open(pipe, from: two, to: door, Fixtures.join(token))
        run(for: .milliseconds(200))
        return (first, second)
    }
}
