// Both implementations give the same answer to every vector: what the page means is then not what one of them does.

import Identity
import Testing
import Wire

@Suite("The second implementation's vectors")
struct VectorConformance {
    private static let answerers: [String: Answerer] =
        GroundAnswers.all.merging(IdentityAnswers.all) { first, _ in first }
        .merging(WireAnswers.all) { first, _ in first }.merging(ChannelAnswers.all) { first, _ in first }
        .merging(RelayingAnswers.all) { first, _ in first }.merging(PairingAnswers.all) { first, _ in first }
        .merging(ConversationAnswers.all) { first, _ in first }.merging(MembershipAnswers.all) { first, _ in first }
        .merging(ExchangeAnswers.all) { first, _ in first }.merging(CommonAnswers.all) { first, _ in first }
        .merging(RoomAnswers.all) { first, _ in first }

    /// Files in which the word of a refusal is part of the vector.
    private static let worded: Set<String> = ["records", "heartbeats", "messages", "offers", "challenges"]

    @Test("every vector is answered alike, and what must be refused is refused", arguments: VectorFile.names)
    func answered(file name: String) throws {
        let file = try VectorFile.read(name)
        let answerer = try #require(Self.answerers[name], "nobody answers the vectors of \(name)")
        #expect(!file.cases.isEmpty)
        for vector in file.cases {
            let title = "\(name), \(vector.name)"
            let answer = Result { try answerer(vector.input) }
            switch (answer, vector.output) {
            case (.success(let answer), let output?): #expect(answer == output, "\(title)")
            case (.success, nil): Issue.record("accepted, though \(vector.refused ?? "refused"): \(title)")
            case (.failure(let fault), _?): Issue.record("refused by \(fault): \(title)")
            case (.failure(let fault), nil):
                // A vector that this test cannot read is not refused by what it tests.
                #expect(!(fault is ExpectationFailedError), "unreadable: \(title)")
                if Self.worded.contains(name) { #expect(Self.word(for: fault) == vector.refused, "\(title)") }
            }
        }
        print("\(file.cases.count) vectors of \(name)")
    }

    @Test("there are vectors for every page")
    func pages() throws {
        let pages = Set(try VectorFile.names.map { try VectorFile.read($0).page.prefix(2) })
        #expect(pages.isSuperset(of: ["00", "01", "02", "03", "04", "05", "06", "07"]))
        #expect(VectorFile.names.count >= Self.answerers.count, "an answerer has lost its vectors")
    }

    static func word(for fault: any Error) -> String {
        switch fault {
        case let fault as Refusal: fault.word
        case let fault as WireFault: word(for: fault)
        case let fault as RecordFault: word(for: fault)
        case let fault as HeartbeatFault: word(for: fault)
        case let fault as LifeSignFault: word(for: fault)
        default: "\(fault)"
        }
    }

    private static func word(for fault: WireFault) -> String {
        switch fault {
        case .tooLarge: "too large"
        case .tooManyFields: "too many fields"
        case .malformed: "malformed"
        case .unknownCritical: "unknown critical"
        case .unknownKind: "unknown kind"
        case .fieldOutOfRange: "out of range"
        }
    }

    private static func word(for fault: RecordFault) -> String {
        switch fault {
        case .wrongNetwork: "another network"
        case .fromTheFuture: "from the future"
        case .expired: "expired"
        case .livesTooLong: "lives too long"
        case .addressNotAllowed: "address not allowed"
        case .wrongMonth: "wrong month"
        case .badSignature: "bad signature"
        }
    }

    private static func word(for fault: LifeSignFault) -> String {
        switch fault {
        case .anotherNonce: "another nonce"
        case .badSignature: "bad signature"
        }
    }

    private static func word(for fault: HeartbeatFault) -> String {
        switch fault {
        case .wrongOwner: "wrong owner"
        case .periodOutOfRange: "period out of range"
        case .notNewer: "not newer"
        case .outOfTime: "out of time"
        case .badSignature: "bad signature"
        }
    }
}
