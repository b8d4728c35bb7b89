// From text back to an invite. People read invites aloud and copy them by hand, so a wrong one is not just
// refused: the place of a single slip is looked for and named.

internal import Essentials
internal import Wire

extension Invite {
    /// Reads what a person gave. Letters may be in either case; white space and hyphens, as they come with
    /// wrapped lines, do not count. Whether the invite is still good is `check(at:)`.
    public init(parsing text: String) throws(InviteFault) {
        let symbols = try InviteText.symbols(of: text)
        guard let body = InviteText.body(of: symbols.map(\.value)) else {
            throw InviteSlip.find(in: symbols, text: text)
        }
        if let version = body.first, version != InviteBody.currentVersion { throw .wrongVersion(Int(version)) }
        guard let content = try? InviteBody(decoding: body) else { throw .notAnInvite }
        self.init(body: content)
    }
}

/// The characters of an invite's text.
enum InviteText {
    /// A five-bit value and where in the given text it stands, counted from 1.
    struct Symbol {
        let value: UInt8
        let position: Int
    }

    /// A generous allowance for white space in a text of at most 200 characters.
    private static let maximumInput = 600

    /// The base32 values after the scheme.
    static func symbols(of text: String) throws(InviteFault) -> [Symbol] {
        guard text.utf8.count <= maximumInput else { throw looksLikeOne(text) ? .tooLong : .notAnInvite }
        guard looksLikeOne(text) else { throw .notAnInvite }
        var symbols: [Symbol] = []
        var rest = Array(Invite.scheme.utf8)[...]
        for (index, character) in text.enumerated() {
            guard !character.isWhitespace, character != "-" else { continue }
            if !rest.isEmpty {
                rest = rest.dropFirst()
                continue
            }
            guard let value = character.asciiValue.flatMap(Base32.value) else {
                throw .mistyped(InviteFault.Slip(kind: .strange(character), position: index + 1, text: text))
            }
            symbols.append(Symbol(value: value, position: index + 1))
        }
        guard symbols.count <= Invite.maximumText - Invite.scheme.utf8.count else { throw .tooLong }
        return symbols
    }

    /// Whether the text begins as invites do.
    private static func looksLikeOne(_ text: String) -> Bool {
        text.lazy.filter { !$0.isWhitespace && $0 != "-" }.prefix(Invite.scheme.utf8.count)
            .elementsEqual(Invite.scheme) { left, right in left.lowercased() == right.lowercased() }
    }

    /// The body, if the checksum behind it fits.
    static func body(of values: [UInt8]) -> [UInt8]? {
        guard let bytes = pack(values), bytes.count > Invite.checksumCount else { return nil }
        let body = Array(bytes.dropLast(Invite.checksumCount))
        return Invite.checksum(of: body) == Array(bytes.suffix(Invite.checksumCount)) ? body : nil
    }

    /// Five-bit values as bytes; nil when more than four bits are left over, or one of them is set.
    static func pack(_ values: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 5 / 8)
        var buffer: UInt16 = 0
        var bits: UInt16 = 0
        for value in values {
            buffer = buffer << 5 | UInt16(value & 31)
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
                buffer &= (1 << bits) - 1
            }
        }
        return bits < 5 && buffer == 0 ? bytes : nil
    }
}
