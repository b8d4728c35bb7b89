// Looks for the one slip that explains why an invite's checksum does not fit: a wrong character, two
// neighbours swapped, one missing or one too many. A few thousand short hashes; a false find has a chance of
// about three in a million.

internal import Essentials
internal import Wire

/// The search for a single slip.
enum InviteSlip {
    /// What to tell the person about a text whose checksum does not fit.
    static func find(in symbols: [InviteText.Symbol], text: String) -> InviteFault {
        let values = symbols.map(\.value)
        let found =
            swapped(values) ?? substituted(values) ?? doubled(values) ?? dropped(values)
        if let found {
            let position = found.index < symbols.count ? symbols[found.index].position : text.count + 1
            return .mistyped(InviteFault.Slip(kind: found.kind, position: position, text: text))
        }
        return isCutShort(values) ? .cutShort : .mistyped(nil)
    }

    private typealias Found = (index: Int, kind: InviteFault.Slip.Kind)

    private static func fits(_ values: [UInt8]) -> Bool { InviteText.body(of: values) != nil }

    private static func swapped(_ values: [UInt8]) -> Found? {
        for index in values.indices.dropLast() where values[index] != values[index + 1] {
            var candidate = values
            candidate.swapAt(index, index + 1)
            if fits(candidate) { return (index, .swapped) }
        }
        return nil
    }

    private static func substituted(_ values: [UInt8]) -> Found? {
        for index in values.indices {
            var candidate = values
            for value in UInt8(0)..<32 where value != values[index] {
                candidate[index] = value
                if fits(candidate) { return (index, .wrong(shouldBe: character(value))) }
            }
        }
        return nil
    }

    private static func doubled(_ values: [UInt8]) -> Found? {
        for index in values.indices {
            var candidate = values
            candidate.remove(at: index)
            if fits(candidate) { return (index, .tooMany) }
        }
        return nil
    }

    private static func dropped(_ values: [UInt8]) -> Found? {
        for index in 0...values.count {
            for value in UInt8(0)..<32 {
                var candidate = values
                candidate.insert(value, at: index)
                if fits(candidate) { return (index, .missing(character(value))) }
            }
        }
        return nil
    }

    private static func character(_ value: UInt8) -> Character {
        Character(Unicode.Scalar(Base32.alphabet[Int(value & 31)]))
    }

    /// Whether the text says of itself that there must be more of it.
    private static func isCutShort(_ values: [UInt8]) -> Bool {
        let bytes = InviteText.pack(values + [UInt8](repeating: 0, count: (8 - values.count % 8) % 8)) ?? []
        guard let announced = InviteBody.announcedCount(of: bytes) else { return true }
        let characters = ((announced + Invite.checksumCount) * 8 + 4) / 5
        return values.count < characters
    }
}
