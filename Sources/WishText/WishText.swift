// What people write as interests, languages and names, in the one form in which it is compared.
// See Protocol/07-conversation.md, "Common ground".

internal import Foundation

/// The compared form of an interest.
public enum InterestText {
    public static let longest = 64

    /// NFKC, without case, trimmed, each run of white space one space; nil when nothing is left, or more than 64
    /// characters. Any script will do.
    public static func compared(_ text: String) -> String? {
        let folded = compatible(caseless(compatible(text)))
        let words = folded.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map { String($0) }
        let joined = words.joined(separator: " ")
        return (1...longest).contains(joined.unicodeScalars.count) ? joined : nil
    }

    private static func compatible(_ text: String) -> String { text.precomposedStringWithCompatibilityMapping }

    /// Each character by itself, since the form of a letter must not depend on its neighbours or on a locale: the lower
    /// case of the upper case of its lower case.
    private static func caseless(_ text: String) -> String {
        var folded = ""
        for scalar in text.unicodeScalars {
            for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                for upper in lower.properties.uppercaseMapping.unicodeScalars {
                    folded += upper.properties.lowercaseMapping
                }
            }
        }
        return folded
    }
}

/// The compared form of a language.
public enum LanguageText {
    /// The primary subtag of a BCP 47 tag in lower case; nil for what is none.
    public static func compared(_ tag: String) -> String? {
        let parts = tag.lowercased().split(separator: "-", omittingEmptySubsequences: false)
        guard let primary = parts.first, (2...3).contains(primary.count) || primary.count > 4 && primary.count <= 8,
            primary.allSatisfy({ ("a"..."z").contains($0) }),
            parts.dropFirst().allSatisfy({ part in
                (1...8).contains(part.count) && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            })
        else { return nil }
        return String(primary)
    }
}

/// What a friend is called.
public enum FriendName {
    /// Swift takes different writings of a letter for one, a database does not.
    public static func kept(_ name: String) -> String { name.precomposedStringWithCanonicalMapping }
}
