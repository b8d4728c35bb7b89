// One stream of an evil node's link, in either direction.

internal import Essentials

/// One stream of a link, as somebody has it who need not keep the rules.
final class EvilStream {
    let link: EvilLink
    let number: UInt32
    /// What the other side still lets us send.
    private(set) var credit = 65_536
    private var waiting: [UInt8] = []
    /// Whether what comes is paid for at once.
    var grantsCredit = true
    private(set) var isOver = false
    private(set) var taken = 0

    var received: ([UInt8]) -> Void = { _ in }
    var finished: () -> Void = {}
    var wasReset: (UInt16) -> Void = { _ in }

    init(_ link: EvilLink, _ number: UInt32) {
        self.link = link
        self.number = number
    }

    /// Sends as much as credit allows, the rest when there is more.
    func write(_ bytes: [UInt8]) {
        waiting += bytes
        while !waiting.isEmpty, credit > 0, !isOver {
            let chunk = Array(waiting.prefix(min(credit, 16_000)))
            waiting.removeFirst(chunk.count)
            credit -= chunk.count
            link.send(.data, number, chunk)
        }
    }

    func spend(_ count: Int) { credit -= count }
    func finish() { if !isOver { link.send(.finish, number) } }

    func reset(_ code: UInt16 = 1) {
        guard !isOver else { return }
        isOver = true
        link.send(.reset, number, code.bigEndianBytes)
    }

    func take(_ frame: EvilFrame) {
        switch EvilFrame.Kind(rawValue: frame.kind) {
        case .data?:
            taken += frame.payload.count
            if grantsCredit { link.send(.credit, number, UInt32(frame.payload.count).bigEndianBytes) }
            received(frame.payload)
        case .credit?:
            credit += Int(UInt32(bigEndianBytes: frame.payload))
            write([])
        case .finish?: finished()
        case .reset?:
            isOver = true
            wasReset(UInt16(bigEndianBytes: frame.payload))
        default: break
        }
    }
}
