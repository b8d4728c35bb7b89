// Invites: any text is read or refused in words, and what is read writes and reads as the same.

import Essentials
@testable import Identity
import Wire

enum InvitesTarget {
    static func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        switch reader.below(3) {
        case 0: try text(String(decoding: reader.remainder(), as: UTF8.self))
        case 1: try body(reader.remainder())
        default: try slip(&reader)
        }
    }

    static func seeds() throws -> [[UInt8]] {
        let invite = try sample()
        let entries = try Cast.get().players.prefix(3).map(\.entry)
        let body = try InviteBody(networkName: "main", expires: 1_800_000_000, entries: Array(entries))
        let v6 = try InviteEntry(
            endpoint: .v6(Address6(high: 1, low: 2), port: 3), fingerprint: [UInt8](repeating: 4, count: 16))
        let mixed = try InviteBody(networkName: "local", expires: 1, entries: [v6, entries[0]])
        return [
            [0] + Array(invite.text.utf8), [0] + Array(invite.text.uppercased().utf8),
            [0] + Array(invite.text.utf8.prefix(40)), [1] + body.encoded(), [1] + mixed.encoded(),
            [2, 0, 20, 5], [2, 1, 20, 5], [2, 2, 20, 5], [2, 3, 20, 5],
        ]
    }

    private static func sample() throws -> Invite {
        let entry = try Cast.get().players[0].entry
        return try Invite(networkName: "local-fuzz", expires: Cast.wall, entries: [entry])
    }

    private static func text(_ text: String) throws {
        do throws(InviteFault) {
            let invite = try Invite(parsing: text)
            try? invite.check(at: Cast.wall)
            try readsBack(invite)
        } catch {
            try judge(error, about: text)
        }
    }

    private static func readsBack(_ invite: Invite) throws(InviteFault) {
        // A text with a broken promise in it would be refused as one that is none.
        guard invite.text.utf8.count <= Invite.maximumText, try Invite(parsing: invite.text) == invite else {
            preconditionFailure("an invite that does not read back")
        }
    }

    private static func judge(_ fault: InviteFault, about text: String) throws(BrokenPromise) {
        try promise(!fault.message.isEmpty && !fault.remedy.isEmpty && !fault.code.isEmpty, "a fault without words")
        if let position = fault.position {
            try promise((1...text.count + 1).contains(position), "a slip at \(position) of \(text.count) characters")
        }
    }

    /// Any content that decodes goes over into text and back.
    private static func body(_ bytes: [UInt8]) throws {
        guard let body = try? InviteBody(decoding: bytes) else { return }
        let invite = Invite(body: body)
        guard invite.text.utf8.count <= Invite.maximumText else { return }
        try promise((try? Invite(parsing: invite.text)) == invite, "an invite that does not read back")
    }

    /// One slip in a good invite is found, and never leads elsewhere.
    private static func slip(_ reader: inout InputReader) throws {
        let invite = try sample()
        var characters = Array(invite.text)
        let kind = reader.below(4)
        let place = 8 + Int(reader.byte()) % (characters.count - 9)
        let letter = Character(Unicode.Scalar(Base32.alphabet[reader.below(32)]))
        switch kind {
        case 0: characters[place] = letter
        case 1: characters.swapAt(place, place + 1)
        case 2: characters.insert(letter, at: place)
        default: characters.remove(at: place)
        }
        let text = String(characters)
        do throws(InviteFault) {
            let read = try Invite(parsing: text)
            guard read == invite else { preconditionFailure("a slip led to another invite") }
        } catch {
            guard case .mistyped(let slip?) = error else {
                throw BrokenPromise(description: "a single slip was not found: \(error)")
            }
            let corrected = try correct(text, as: slip)
            try promise((try? Invite(parsing: corrected)) == invite, "advice that does not help: \(error.message)")
        }
    }

    /// Does what the words of a slip say. Several corrections may be right: in a run of one letter, any place is.
    private static func correct(_ text: String, as slip: InviteFault.Slip) throws(BrokenPromise) -> String {
        var characters = Array(text)
        let index = slip.position - 1
        try promise((0...characters.count).contains(index), "a slip at \(slip.position) of \(characters.count)")
        switch slip.kind {
        case .strange: break
        case .wrong(let shouldBe): characters[index] = shouldBe
        case .swapped: characters.swapAt(index, index + 1)
        case .missing(let character): characters.insert(character, at: index)
        case .tooMany: characters.remove(at: index)
        }
        return String(characters)
    }
}
