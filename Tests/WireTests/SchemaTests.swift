// The shapes that the scan uses against the schema that the world reads.

import Foundation
import Testing

@testable import Wire

@Suite("the schema")
struct SchemaTests {
    private static let shapes: [String: Shape] = [
        "Signed": Signed.shape, "PuzzleSolution": PuzzleSolution.shape, "RecordBody": RecordBody.shape,
        "HeartbeatBody": HeartbeatBody.shape, "Control": Control.shape, "Hello": Hello.shape,
        "HomeTerms": HomeTerms.shape, "Have": Have.shape, "Pull": Pull.shape, "Push": Push.shape,
        "Part": Part.shape, "Compare": Compare.shape, "Prune": Prune.shape, "Graft": Graft.shape,
        "Ask": Ask.shape, "Challenge": Challenge.shape, "Alive": Alive.shape,
        "Attach": Attach.shape, "Attached": Attached.shape, "Refused": Refused.shape, "Goodbye": Goodbye.shape,
        "Request": Request.shape, "Answer": Answer.shape, "Deposit": Deposit.shape, "Join": Join.shape,
        "Extend": Extend.shape, "Receipt": Receipt.shape, "JoinAnswer": JoinAnswer.shape,
        "ExtendAnswer": ExtendAnswer.shape, "Offer": Offer.shape,
        "KeeperMessage": KeeperMessage.shape, "RoundAnswer": RoundAnswer.shape,
        "RoundAnswerBody": RoundAnswerBody.shape, "Listing": Listing.shape, "BodiesWanted": BodiesWanted.shape,
        "Bodies": Bodies.shape, "Utterance": Utterance.shape, "Opening": Opening.shape, "Text": Text.shape,
        "Acknowledgement": Acknowledgement.shape, "Typing": Typing.shape, "Farewell": Farewell.shape,
        "SafetyCommitment": SafetyCommitment.shape, "SafetyNonce": SafetyNonce.shape,
        "SafetyOpening": SafetyOpening.shape, "Ping": Ping.shape, "Pong": Pong.shape,
        "CommonAnswer": CommonAnswer.shape, "Resume": Resume.shape, "Saved": Saved.shape,
        "KeepInTouch": KeepInTouch.shape,
        "Question": Question.shape, "Witness": Witness.shape,
    ]

    /// The fields of each message of Protocol/*.proto as lines like `repeated bytes 4`.
    private static func schema() throws -> [String: [String]] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "Protocol")
        var messages: [String: [String]] = [:]
        for name in ["records", "link", "pairing", "conversation"] {
            let text = try String(contentsOf: folder.appending(path: "\(name).proto"), encoding: .utf8)
            var message = ""
            for line in text.split(separator: "\n") {
                let words = line.prefix { $0 != "/" }.split { " ;{}=".contains($0) }.map(String.init)
                if words.first == "message", words.count == 2 {
                    message = words[1]
                    messages[message] = []
                } else if words.count >= 3, Int(words[words.count - 1]) != nil, words[0] != "syntax" {
                    let isRepeated = words[0] == "repeated"
                    let type = words[words.count - 3]
                    messages[message, default: []].append(
                        "\(isRepeated ? "repeated " : "")\(type) \(words[words.count - 1])")
                }
            }
        }
        return messages
    }

    private func matches(_ field: Shape.Field, type: String) -> Bool {
        switch (field.kind, type) {
        case (.bool, "bool"), (.uint32, "uint32"), (.uint64, "uint64"), (.fixed64, "fixed64"), (.bytes, "bytes"),
            (.bytes, "string"):
            true
        case (.message(let shape), let name):
            Self.shapes[name]?.fields.count == shape.fields.count
        default:
            false
        }
    }

    @Test("every message of the schema has a shape with the same fields")
    func fields() throws {
        let schema = try Self.schema()
        #expect(schema.keys.sorted() == Self.shapes.keys.sorted())
        for (name, lines) in schema.sorted(by: { $0.key < $1.key }) {
            let shape = try #require(Self.shapes[name])
            #expect(lines.count == shape.fields.count, "\(name)")
            for (index, (line, field)) in zip(lines, shape.fields).enumerated() {
                let words = line.split(separator: " ")
                #expect(words.last == "\(index + 1)", "\(name): \(line)")
                #expect(words.count == 3 ? field.most > 1 : field.most == 1, "\(name): \(line)")
                #expect(matches(field, type: String(words[words.count - 2])), "\(name): \(line)")
            }
        }
    }

    @Test("no message needs more fields or levels than its limits allow")
    func limits() {
        func most(_ shape: Shape) -> (fields: Int, depth: Int) {
            var fields = 0
            var depth = 1
            for field in shape.fields {
                var inner = (fields: 0, depth: 0)
                if case .message(let shape) = field.kind { inner = most(shape) }
                let cost = field.most * (1 + inner.fields)
                fields = shape.isChoice ? max(fields, cost) : fields + cost
                depth = max(depth, 1 + inner.depth)
            }
            return (fields, depth)
        }
        func check<Message: ProtobufMessage>(_ message: Message.Type) {
            let needed = most(Message.shape)
            #expect(needed.fields < Message.limits.fields, "\(Message.self) needs \(needed.fields) fields")
            #expect(needed.depth <= Message.limits.depth, "\(Message.self) needs \(needed.depth) levels")
        }
        check(Signed.self)
        check(RecordBody.self)
        check(Control.self)
        check(Hello.self)
        check(Pull.self)
        check(Ask.self)
        check(Alive.self)
        check(Push.self)
        check(HomeTerms.self)
        check(Attached.self)
        check(Request.self)
        check(Deposit.self)
        check(Answer.self)
        check(KeeperMessage.self)
        check(RoundAnswer.self)
        check(RoundAnswerBody.self)
        check(Listing.self)
        check(Bodies.self)
        check(BodiesWanted.self)
        check(Offer.self)
        check(Utterance.self)
        check(Opening.self)
    }
}
