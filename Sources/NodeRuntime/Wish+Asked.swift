// What a face asks for on somebody's behalf, as the node looks for it.

internal import ControlAPI
internal import Foundation
internal import NodeEngine
internal import WishText

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
