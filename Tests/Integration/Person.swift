// A person who meets strangers through `passant meet --ndjson`.

import Foundation
import Testing

final class Person {
    let subject: Subject
    private var position = 0

    init(_ subject: Subject) { self.subject = subject }

    /// The events told so far, each as its JSON array.
    var events: [String] { subject.lines.map(\.text) }

    /// Waits for the next event of this name, and takes everything up to it.
    @discardableResult
    func expect(_ event: String, within seconds: Double = 20) async throws -> (
        values: [Any], at: ContinuousClock.Instant
    ) {
        let found = try await subject.line(from: position, within: seconds, "[\"\(event)\"]") {
            Self.parse($0)?.first as? String == event
        }
        position = found.index + 1
        return (Self.parse(found.line.text) ?? [], found.line.at)
    }

    /// Waits for the next event that has one of these names.
    @discardableResult
    func expectAny(_ names: [String], within seconds: Double = 20) async throws -> (
        name: String, at: ContinuousClock.Instant
    ) {
        let found = try await subject.line(from: position, within: seconds, "one of \(names)") {
            names.contains(Self.parse($0)?.first as? String ?? "")
        }
        position = found.index + 1
        return (Self.parse(found.line.text)?.first as? String ?? "", found.line.at)
    }

    func tell(_ command: String...) {
        let data = try? JSONSerialization.data(withJSONObject: command)
        subject.write(String(decoding: data ?? Data(), as: UTF8.self))
    }

    /// Waits for a text, wherever it stands among what comes.
    func expectText(_ text: String, within seconds: Double = 20) async throws {
        _ = try await subject.line(from: 0, within: seconds, "the text \(text)") {
            let event = Self.parse($0)
            return event?.first as? String == "gotMessage" && event?.last as? String == text
        }
    }

    /// The texts that came so far and begin like this, in their order.
    func texts(from beginning: String) -> [String] {
        events.compactMap { Self.parse($0) }.filter { $0.first as? String == "gotMessage" }
            .compactMap { $0.last as? String }.filter { $0.hasPrefix(beginning) }
    }

    /// True when an event of this name came so far.
    func heard(_ event: String) -> Bool { events.contains { Self.parse($0)?.first as? String == event } }

    private static func parse(_ line: String) -> [Any]? {
        (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [Any]
    }
}
