// The chat for programs: one JSON array a line, both ways, in Omegle's names. It never asks for anything.

internal import ControlAPI
internal import Essentials

/// `passant meet --ndjson`.
struct NDJSONFace: MeetFace {
    private var splitter = LineSplitter(limit: ControlLimits.line)
    private var number = 0
    private var isFinished = false
    private var isTalking = false
    private var reroll: AutoReroll

    init(_ options: MeetOptions = MeetOptions()) { reroll = AutoReroll(isOn: options.rerolls) }

    var nextDeadline: Moment? { reroll.due }

    mutating func handle(_ input: FaceInput, at now: Moment) -> [FaceEffect] {
        switch input {
        // Also after the end of the input: what the node has said is worth knowing.
        case .event(let event):
            notice(event, now)
            return [write(event)]
        case .sessionEnded: return finish(ExitStatus.unavailable)
        case .bytes(let bytes): return splitter.append(bytes).flatMap { take($0, now) }
        case .inputEnded: return splitter.finish().flatMap { take($0, now) } + [.tell(.disconnect)] + finish(0)
        case .timerFired: return reroll.isTime(at: now) ? [.tell(.new)] : []
        case .resized, .resumed: return []
        }
    }

    mutating func farewell() -> String { "" }

    /// What auto-reroll goes by.
    private mutating func notice(_ event: MeetEvent, _ now: Moment) {
        switch event {
        case .waiting:
            isTalking = false
            reroll.begin()
        case .connected: isTalking = true
        case .gotMessage: reroll.theySpoke()
        case .spyMessage(let who, _): if who == "Stranger 1" { reroll.weSpoke() } else { reroll.theySpoke() }
        case .strangerDisconnected, .spyDisconnected: over(now)
        default: break
        }
    }

    private mutating func notice(_ command: MeetCommand, _ now: Moment) {
        switch command {
        case .send: reroll.weSpoke()
        case .disconnect: over(now)
        default: reroll.stop()
        }
    }

    private mutating func over(_ now: Moment) {
        if isTalking { reroll.over(at: now) }
        isTalking = false
    }

    private mutating func take(_ item: LineSplitter.Item, _ now: Moment) -> [FaceEffect] {
        number += 1
        guard case .line(let bytes) = item else { return [trouble("a line has at most \(splitter.limit) bytes")] }
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return [] }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { return [trouble("\(error)")] }
        do {
            let command = try MeetCommand(json: json)
            notice(command, now)
            return [.tell(command)]
        } catch { return [trouble("\(error)")] }
    }

    private func trouble(_ words: String) -> FaceEffect { write(.error("line \(number): \(words)")) }

    private func write(_ event: MeetEvent) -> FaceEffect { .write(event.json.text + "\n") }

    private mutating func finish(_ status: Int32) -> [FaceEffect] {
        defer { isFinished = true }
        return isFinished ? [] : [.finish(status)]
    }
}
