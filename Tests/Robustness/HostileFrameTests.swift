// Every message with one thing wrong in it: lengths, unknown fields, numbers that nobody sends.

import Essentials
import Testing

@testable import Wire

@Suite("Hostile frames")
struct HostileFrameTests {
    /// The schema of each message by the name in its sample.
    static let shapes: [String: Shape] = [
        "Signed": Signed.shape, "PuzzleSolution": PuzzleSolution.shape, "RecordBody": RecordBody.shape,
        "HeartbeatBody": HeartbeatBody.shape, "Hello": Hello.shape, "HomeTerms": HomeTerms.shape, "Pull": Pull.shape,
        "Push": Push.shape, "Have": Have.shape, "Part": Part.shape, "Compare": Compare.shape, "Prune": Prune.shape,
        "Graft": Graft.shape, "Ask": Ask.shape, "Challenge": Challenge.shape, "Alive": Alive.shape,
        "Attach": Attach.shape, "Attached": Attached.shape,
        "Refused": Refused.shape, "Goodbye": Goodbye.shape, "Deposit": Deposit.shape, "Join": Join.shape,
        "Extend": Extend.shape, "Receipt": Receipt.shape, "JoinAnswer": JoinAnswer.shape,
        "ExtendAnswer": ExtendAnswer.shape, "RoundAnswer": RoundAnswer.shape,
        "Listing": Listing.shape, "BodiesWanted": BodiesWanted.shape, "Bodies": Bodies.shape, "Offer": Offer.shape,
        "RoundAnswerBody": RoundAnswerBody.shape, "Opening": Opening.shape, "Text": Text.shape,
        "Acknowledgement": Acknowledgement.shape, "Typing": Typing.shape, "Farewell": Farewell.shape,
        "SafetyCommitment": SafetyCommitment.shape, "SafetyNonce": SafetyNonce.shape,
        "SafetyOpening": SafetyOpening.shape, "Ping": Ping.shape, "Pong": Pong.shape, "Control": Control.shape,
        "CommonAnswer": CommonAnswer.shape, "Resume": Resume.shape,
        "Request": Request.shape, "Answer": Answer.shape, "KeeperMessage": KeeperMessage.shape,
        "Utterance": Utterance.shape,
    ]

    /// All protobuf samples; an invite is a fixed layout.
    static let samples = Sample.small.filter { shape(of: $0) != nil }

    static func shape(of sample: Sample) -> Shape? {
        sample.testDescription.split(separator: " ").first.flatMap { shapes[String($0)] }
    }

    private func tree(of sample: Sample) throws -> FieldTree {
        let shape = try #require(Self.shape(of: sample))
        let tree = try #require(FieldTree(sample.bytes, shape: shape))
        #expect(tree.encoded == sample.bytes, "taken apart and put together, it is the same")
        return tree
    }

    /// A fault of the list, or a value whose encoding decodes to the same encoding.
    @discardableResult
    private func outcome(of bytes: [UInt8], as sample: Sample) -> Result<[UInt8], any Error> {
        let outcome = Result { try sample.recode(bytes) }
        switch outcome {
        case .success(let encoding):
            #expect((try? sample.recode(encoding)) == encoding, "\(sample.testDescription): \(Hex.encode(bytes))")
        case .failure(let error):
            #expect(error is WireFault, "\(sample.testDescription): \(Hex.encode(bytes))")
        }
        return outcome
    }

    @Test("all messages but invites take part, and every one of the schema")
    func complete() {
        #expect(Sample.small.count - Self.samples.count == 1)
        let named = Set(Self.samples.compactMap { $0.testDescription.split(separator: " ").first.map(String.init) })
        #expect(named == Set(Self.shapes.keys))
    }

    @Test("a length that is one off, or as large as there are, throws or decodes", arguments: samples)
    func lengths(sample: Sample) throws {
        let tree = try tree(of: sample)
        for variant in tree.variants(FieldTree.misstated) { outcome(of: variant.encoded, as: sample) }
        // And the same where nothing around it is put right again.
        for place in sample.bytes.indices {
            for byte: UInt8 in [0, 1, 0x7F, 0x80, 0xFF, sample.bytes[place] &+ 1, sample.bytes[place] &- 1] {
                var bytes = sample.bytes
                bytes[place] = byte
                outcome(of: bytes, as: sample)
                outcome(of: Array(bytes[...place]) + [0xFF, 0xFF, 0xFF, 0xFF, 0x0F] + bytes[place...], as: sample)
            }
        }
    }

    @Test("numbers that nobody sends throw or decode: versions, roles, codes, times", arguments: samples)
    func numbers(sample: Sample) throws {
        let tree = try tree(of: sample)
        let numbers: [UInt64] = [
            0, 1, 2, 3, 4, 5, 9, 127, 128, 65_536, 1 << 31, 1 << 32 - 1, 1 << 32, 1 << 53, 1 << 63, .max - 1, .max,
        ]
        let variants = tree.variants { field in
            switch field.value {
            case .varint: numbers.map { .varint($0) }
            case .fixed64: numbers.map { .fixed64($0) }
            case .bytes(let bytes):
                [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 1_023, 1_025].map { count in
                    .bytes([UInt8](repeating: bytes.first ?? 1, count: count))
                }
            case .message, .raw: []
            }
        }
        for variant in variants { outcome(of: variant.encoded, as: sample) }
    }

    @Test("a field of another wire type is refused, at every depth", arguments: samples)
    func wireTypes(sample: Sample) throws {
        let tree = try tree(of: sample)
        for type in UInt64(0)...7 {
            let variants = tree.variants { field in
                let own: UInt64 =
                    switch field.value {
                    case .varint: 0
                    case .fixed64: 1
                    case .bytes, .message, .raw: 2
                    }
                guard type != own else { return [] }
                return [.raw(FieldTree.varint(UInt64(field.number) << 3 | type) + [UInt8](repeating: 1, count: 8))]
            }
            for variant in variants {
                #expect(throws: (any Error).self) { try outcome(of: variant.encoded, as: sample).get() }
            }
        }
    }

    @Test(
        "an unknown field below 1,000 changes nothing, one from 1,000 on refuses all, at every depth",
        arguments: samples)
    func unknownFields(sample: Sample) throws {
        let tree = try tree(of: sample)
        let values: [(type: UInt64, bytes: [UInt8])] = [
            (0, [0x96, 0x01]), (1, [1, 2, 3, 4, 5, 6, 7, 8]), (2, [3, 9, 9, 9]), (2, [0]), (5, [1, 2, 3, 4]),
        ]
        for value in values {
            let (known, critical) = (FieldTree.varint(999 << 3 | value.type), FieldTree.varint(1_000 << 3 | value.type))
            for variant in tree.insertions(known + value.bytes) where variant.encoded.count <= sample.limits.bytes {
                let read = try outcome(of: variant.encoded, as: sample).get()
                // An offer is kept as it came, since its digest is over the bytes that its owner sent.
                let expected = sample.testDescription == "Offer" ? variant.encoded : sample.bytes
                #expect(read == expected, "\(sample.testDescription): \(Hex.encode(variant.encoded))")
            }
            for variant in tree.insertions(critical + value.bytes) where variant.encoded.count <= sample.limits.bytes {
                #expect(throws: WireFault.unknownCritical) { try sample.recode(variant.encoded) }
            }
        }
        for group in [UInt64(3), 4] {
            for variant in tree.insertions(FieldTree.varint(99 << 3 | group)) {
                #expect(throws: (any Error).self) { try sample.recode(variant.encoded) }
            }
        }
    }
}
