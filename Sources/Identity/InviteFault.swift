// What is wrong with an invite, in words for the person who has it: what happened, and what to do next.

public import Essentials

/// Why an invite cannot be used.
public enum InviteFault: Error, Hashable, Sendable {
    /// The text does not begin as invites do, or what it says makes no sense.
    case notAnInvite
    /// Longer than any invite.
    case tooLong
    /// The end is missing.
    case cutShort
    /// A typing error; its place, if a single slip explains it.
    case mistyped(Slip?)
    /// Made by a later version of Passant.
    case wrongVersion(Int)
    /// Was good until this time.
    case expired(WallTime)

    /// One slip.
    public struct Slip: Hashable, Sendable {
        public enum Kind: Hashable, Sendable {
            /// A character that invites never contain.
            case strange(Character)
            /// Another character belongs here.
            case wrong(shouldBe: Character)
            /// This character and the next have changed places.
            case swapped
            /// A character is missing before this place.
            case missing(Character)
            /// This character does not belong here.
            case tooMany
        }

        public let kind: Kind
        /// Which character of the given text, counted from 1.
        public let position: Int
        /// The text around that place, with the place in brackets.
        public let excerpt: String

        init(kind: Kind, position: Int, text: String) {
            self.kind = kind
            self.position = position
            let index = position - 1
            let before = text.dropLast(max(0, text.count - index)).suffix(6)
            let width = kind == .swapped ? 2 : 1
            let place: Substring
            if case .missing = kind { place = "_" } else { place = text.dropFirst(index).prefix(width) }
            let after = text.dropFirst(index + (place == "_" ? 0 : width)).prefix(6)
            excerpt = "…\(before)[\(place)]\(after)…"
        }
    }

    /// Which character is wrong, counted from 1, when that is known.
    public var position: Int? {
        if case .mistyped(let slip) = self { slip?.position } else { nil }
    }

    /// A name for scripts.
    public var code: String {
        switch self {
        case .notAnInvite: "invite-not-an-invite"
        case .tooLong: "invite-too-long"
        case .cutShort: "invite-cut-short"
        case .mistyped: "invite-mistyped"
        case .wrongVersion: "invite-wrong-version"
        case .expired: "invite-expired"
        }
    }

    /// What happened and why.
    public var message: String {
        switch self {
        case .notAnInvite: "this is not an invite: an invite begins with “passant:”"
        case .tooLong: "this is too long for an invite, which has at most \(Invite.maximumText) characters"
        case .cutShort: "the end of this invite is missing"
        case .mistyped(nil): "this invite has a typing error: its checksum does not fit"
        case .mistyped(let slip?): "this invite has a typing error at character \(slip.position): \(slip.words)"
        case .wrongVersion(let version):
            "this invite is of version \(version), which this passant does not know"
        case .expired: "this invite has expired"
        }
    }

    /// What to do next.
    public var remedy: String {
        switch self {
        case .notAnInvite: "copy the whole line that begins with “passant:”, or ask for a fresh one: passant invite"
        case .tooLong: "copy just the one line that begins with “passant:”"
        case .cutShort: "copy the whole line, or ask for a fresh one: passant invite"
        case .mistyped(nil): "copy it again, or ask for a fresh one: passant invite"
        case .mistyped: "correct that character, or ask for a fresh one: passant invite"
        case .wrongVersion: "install a newer passant, or ask for an invite made by this version"
        case .expired: "ask for a fresh one: passant invite"
        }
    }
}

extension InviteFault.Slip {
    fileprivate var words: String {
        switch kind {
        case .strange(let character): "“\(character)” never occurs in an invite (\(excerpt))"
        case .wrong(let shouldBe): "“\(shouldBe)” belongs there (\(excerpt))"
        case .swapped: "two characters have changed places (\(excerpt))"
        case .missing(let character): "“\(character)” is missing there (\(excerpt))"
        case .tooMany: "one character too many (\(excerpt))"
        }
    }
}
