// Invites as people handle them.

import Essentials
import Testing
import Wire

@testable import Identity

@Suite("invites")
struct InviteTests {
    private let v4 = Endpoint.v4(0x0102_0304, port: 4_242)
    private let v6 = Endpoint.v6(Address6(high: 0x2A00_0001_0002_0003, low: 4), port: 4_242)

    private func invite(
        _ endpoint: Endpoint, count: Int = 3, name: String = "main", expires: WallTime = now
    ) throws -> Invite {
        let entries = try (0..<count).map {
            try InviteEntry(endpoint: endpoint, fingerprint: NodeKey(bytes32(UInt8($0))).fingerprint)
        }
        return try Invite(networkName: name, expires: expires, entries: entries)
    }

    private func fault(_ text: String) -> InviteFault? {
        do throws(InviteFault) {
            _ = try Invite(parsing: text)
            return nil
        } catch {
            return error
        }
    }

    /// The fault of a text that was changed at one place, without naming the place.
    private func slip(_ text: String) -> InviteFault.Slip? {
        if case .mistyped(let slip) = fault(text) { slip } else { nil }
    }

    @Test("with three entries have at most 200 characters")
    func length() throws {
        #expect(try invite(v4).text.count == 138)
        #expect(try invite(v6).text.count <= 200)
        #expect(try invite(v6, name: "mainnet").text.count == 200)
        #expect(try invite(v4, name: String(repeating: "a", count: 32)).text.count <= 200)
        #expect(throws: WireFault.tooLarge) { try invite(v6, name: "mainnets") }
    }

    @Test("keep as many of the entries as fit")
    func fitting() throws {
        let entries = try invite(v6).entries
        let long = String(repeating: "a", count: 32)
        func fitting(_ name: String, _ count: Int) -> [InviteEntry]? {
            Invite.fitting(networkName: name, expires: now, candidates: Array(entries.prefix(count)))?.entries
        }
        #expect(fitting("main", 3) == entries)
        #expect(fitting(long, 3) == Array(entries.prefix(2)))
        #expect(fitting(long, 1) == Array(entries.prefix(1)))
        #expect(fitting("main", 0) == nil)
        #expect(fitting("", 3) == nil)
        let five = Invite.fitting(networkName: "main", expires: now, candidates: entries + entries)
        #expect(five?.entries == entries)
    }

    @Test("are read back as they were written")
    func roundTrip() throws {
        for original in [try invite(v4), try invite(v6), try invite(v4, count: 1, name: "lan-party")] {
            #expect(try Invite(parsing: original.text) == original)
        }
    }

    @Test("are read in either case, with white space, hyphens and line ends")
    func lenient() throws {
        let original = try invite(v4)
        #expect(try Invite(parsing: original.text.uppercased()) == original)
        #expect(try Invite(parsing: " \n" + original.text + "\r\n") == original)
        let wrapped = original.text.enumerated().map { $0 % 5 == 4 ? "\($1)- \n" : "\($1)" }.joined()
        #expect(try Invite(parsing: wrapped) == original)
    }

    @Test("every wrong character is named, with the right one")
    func substitution() throws {
        let text = Array(try invite(v4, count: 1).text)
        for index in text.indices.dropFirst(8) where index % 3 == 0 || index > text.count - 3 {
            var changed = text
            changed[index] = text[index] == "q" ? "r" : "q"
            let slip = slip(String(changed))
            #expect(slip?.position == index + 1)
            #expect(slip?.kind == .wrong(shouldBe: text[index]))
        }
    }

    @Test("every swap of neighbours is named")
    func swaps() throws {
        let text = Array(try invite(v4).text)
        for index in text.indices.dropFirst(8).dropLast() where text[index] != text[index + 1] {
            var changed = text
            changed.swapAt(index, index + 1)
            let slip = slip(String(changed))
            #expect(slip?.kind == .swapped)
            #expect(slip?.position == index + 1)
        }
    }

    @Test("a character that is missing or one too many is named")
    func insertions() throws {
        let text = try invite(v4, count: 1).text
        var shorter = text
        let removed = shorter.remove(at: text.index(text.startIndex, offsetBy: 20))
        #expect(slip(shorter)?.kind == .missing(removed))
        let end = String(text.dropLast())
        #expect(slip(end)?.kind == text.last.map { .missing($0) })
        var longer = text
        longer.insert("q", at: text.index(text.startIndex, offsetBy: 20))
        #expect(slip(longer)?.kind == .tooMany)
        #expect(slip(longer)?.position == 21)
    }

    @Test("the place is counted in the text as it was given")
    func positionAsGiven() throws {
        let text = try invite(v4, count: 1).text
        var changed = Array("  " + text.prefix(10) + "-\n" + text.dropFirst(10))
        let original = changed[20]
        changed[20] = original == "q" ? "r" : "q"
        #expect(slip(String(changed))?.position == 21)
    }

    @Test("a character that invites never contain is named at once")
    func strange() throws {
        let text = Array(try invite(v4).text)
        for character in ["0", "1", "8", "9", "é", "_"] as [Character] {
            var changed = text
            changed[30] = character
            let slip = slip(String(changed))
            #expect(slip?.kind == .strange(character))
            #expect(slip?.position == 31)
        }
    }

    @Test("more than one slip is a typing error without a place")
    func severalSlips() throws {
        var text = Array(try invite(v4).text)
        for index in [20, 60, 100] { text[index] = text[index] == "q" ? "r" : "q" }
        #expect(fault(String(text)) == .mistyped(nil))
        #expect(fault(String(text))?.position == nil)
    }

    @Test("a missing end is noticed")
    func cutShort() throws {
        let text = try invite(v4).text
        for count in [10, 50, 120, text.count - 2] { #expect(fault(String(text.prefix(count))) == .cutShort) }
        #expect(fault("passant:") == .cutShort)
    }

    @Test("what does not begin as an invite is none", arguments: ["", "passant", "hello", "https://example.org", "é"])
    func notAnInvite(text: String) {
        #expect(fault(text) == .notAnInvite)
    }

    @Test("a checksum over nonsense does not make an invite")
    func nonsense() {
        let body: [UInt8] = [1, 0, 0, 0, 0, 0, 0]
        let text = "passant:" + Base32.encode(body + Invite.checksum(of: body))
        #expect(fault(text) == .notAnInvite)
    }

    @Test("what is too long is refused unread")
    func tooLong() throws {
        let text = try invite(v6, name: "mainnet").text
        #expect(fault(text + "a") == .tooLong)
        #expect(fault(text + String(repeating: " ", count: 500)) == .tooLong)
        #expect(fault(String(repeating: "x", count: 100_000)) == .notAnInvite)
    }

    @Test("an invite of a later version says so")
    func version() {
        let body: [UInt8] = [2, 9, 9, 9]
        let text = "passant:" + Base32.encode(body + Invite.checksum(of: body))
        #expect(fault(text) == .wrongVersion(2))
    }

    @Test("an invite is good until it expires")
    func expiry() throws {
        let invite = try invite(v4, expires: now)
        #expect(throws: Never.self) { try invite.check(at: now - .milliseconds(1)) }
        #expect(throws: InviteFault.expired(now)) { try invite.check(at: now) }
    }

    @Test("every fault says what happened and what to do")
    func words() throws {
        let text = try invite(v4, count: 1).text
        let changed = text.replacing(text.dropFirst(20).prefix(1), with: "0", maxReplacements: 1)
        let slips: [InviteFault?] = [slip(changed), slip(String(text.dropLast()))].map { $0.map { .mistyped($0) } }
        let plain: [InviteFault] = [
            .notAnInvite, .tooLong, .cutShort, .mistyped(nil), .wrongVersion(3), .expired(now),
        ]
        let faults = plain + slips.compactMap { $0 }
        #expect(faults.count == 8)
        for fault in faults {
            #expect(!fault.message.isEmpty && !fault.remedy.isEmpty && fault.code.hasPrefix("invite-"))
            #expect(fault.remedy.contains("passant"))
        }
        #expect(InviteFault.expired(now).remedy == "ask for a fresh one: passant invite")
        #expect(Set(faults.map(\.code)).count == 6)
        #expect(Set(faults.map(\.message)).count == 8)
    }

    @Test("a slip is shown in its surroundings")
    func excerpts() throws {
        var text = Array(try invite(v4, count: 1).text)
        text[20] = "0"
        let excerpt = try #require(slip(String(text))).excerpt
        #expect(excerpt == "…\(String(text[14..<20]))[0]\(String(text[21..<27]))…")
    }
}
