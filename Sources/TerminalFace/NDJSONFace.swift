// The chat for programs: one JSON array a line, both ways, in Omegle's names. It never asks for anything.

internal import ControlAPI
internal import Essentials

/// `passant meet --ndjson`.
struct NDJSONFace: MeetFace {
    private var splitter = LineSplitter(limit: ControlLimits.line)
    private var number = 0
    private var isFinished = false

    var nextDeadline: Moment? { nil }

    mutating func handle(_ input: FaceInput, at now: Moment) -> [FaceEffect] {
        switch input {
        // Also after the end of the input: what the node has said is worth knowing.
        case .event(let event): return [write(event)]
        case .sessionEnded: return finish(ExitStatus.unavailable)
        case .bytes(let bytes): return splitter.append(bytes).flatMap { take($0) }
        case .inputEnded: return splitter.finish().flatMap { take($0) } + [.tell(.disconnect)] + finish(0)
        case .resized, .resumed, .timerFired: return []
        }
    }

    mutating func farewell() -> String { "" }

    private mutating func take(_ item: LineSplitter.Item) -> [FaceEffect] {
        number += 1
        guard case .line(let bytes) = item else { return [trouble("a line has at most \(splitter.limit) bytes")] }
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return [] }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { return [trouble("\(error)")] }
        do { return [.tell(try MeetCommand(json: json))] } catch { return [trouble("\(error)")] }
    }

    private func trouble(_ words: String) -> FaceEffect { write(.error("line \(number): \(words)")) }

    private func write(_ event: MeetEvent) -> FaceEffect { .write(event.json.text + "\n") }

    private mutating func finish(_ status: Int32) -> [FaceEffect] {
        defer { isFinished = true }
        return isFinished ? [] : [.finish(status)]
    }
}
