// What people write as interests and languages, in the one form in which strangers' nodes compare them.
// See Protocol/07-conversation.md, "Common ground".

internal import ControlAPI
internal import Foundation
internal import NodeEngine

/// The compared form of an interest.
enum InterestText {
    static let longest = 64

    /// NFKC, without case, trimmed, each run of white space one space; nil when nothing is left, or more than 64
    /// characters. Any script will do.
    static func compared(_ text: String) -> String? {
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
enum LanguageText {
    /// The primary subtag of a BCP 47 tag in lower case; nil for what is none.
    static func compared(_ tag: String) -> String? {
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
enum FriendName {
    /// Swift takes different writings of a letter for one, a database does not.
    static func kept(_ name: String) -> String { name.precomposedStringWithCanonicalMapping }
}

extension Wish {
    /// Says what cannot be compared, and what to write instead.
    init(_ wish: MeetWish) throws(ControlError) {
        var interests: [String] = []
        for text in wish.interests {
            guard let compared = InterestText.compared(text) else {
                throw ControlError(
                    code: "bad-interest", message: "An interest has 1 to \(InterestText.longest) characters.",
                    reason: "This one is empty or longer: \(text.prefix(80))",
                    remedy: "Write it shorter: passant meet --interest jazz", exitCode: ExitStatus.badData)
            }
            if !interests.contains(compared) { interests.append(compared) }
        }
        var languages: [String] = []
        for tag in wish.languages {
            guard let compared = LanguageText.compared(tag) else {
                throw ControlError(
                    code: "bad-language", message: "This is no language tag: \(tag.prefix(80))",
                    reason: "Languages are named by BCP 47 tags: en, fr, pt-BR, zh-Hant.",
                    remedy: "Write a tag: passant meet --language fr", exitCode: ExitStatus.badData)
            }
            if !languages.contains(compared) { languages.append(compared) }
        }
        let question = try wish.question.map { (text) throws(ControlError) in try Self.question(text) }
        guard [question != nil, wish.discuss, wish.friend != nil].filter({ $0 }).count < 2 else {
            throw ControlError(
                code: "bad-wish", message: "Asking, discussing and meeting a friend exclude each other.",
                reason: "A meeting is one of them.", remedy: "Choose one: passant meet --ask TEXT",
                exitCode: ExitStatus.badData)
        }
        self.init(
            interests: interests, languages: languages, friend: wish.friend.map { FriendName.kept($0) },
            question: question,
            discusses: wish.discuss, cover: wish.cover)
    }

    /// As it was written, without white space around it.
    private static func question(_ text: String) throws(ControlError) -> String {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (10...200).contains(trimmed.unicodeScalars.count) else {
            throw ControlError(
                code: "bad-question", message: "A question has 10 to 200 characters.",
                reason: "This one has \(trimmed.unicodeScalars.count).",
                remedy: "Write a whole sentence: passant meet --ask \"What would you do with a free day?\"",
                exitCode: ExitStatus.badData)
        }
        return trimmed
    }
}
