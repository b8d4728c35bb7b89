// The tricks that strangers play, how their words sound, and what to tell whoever hears them: in English and in French,
// with where to turn when it is serious. A note is no judgment: an honest stranger may use the same words.

/// Notes on what a stranger wrote.
enum SafetyNotes {
    enum Language: Hashable, Sendable {
        case english, french

        /// What the environment says, as for every other program.
        init(environment: [String: String]) {
            let value = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
            self = value == "fr" || value.hasPrefix("fr_") || value.hasPrefix("fr.") ? .french : .english
        }
    }

    enum Trick: CaseIterable, Hashable, Sendable {
        /// "I have your pictures, pay or I show them."
        case extortion
        /// "You have been reported to the FBI."
        case authority
        /// Something to click on.
        case link
        /// Somebody who speaks of harming themselves, or is in danger.
        case distress
    }

    /// Which tricks a text sounds like, in whichever of the two languages.
    static func tricks(in text: String) -> [Trick] {
        let folded = fold(text)
        let words = " " + folded.split { " ./:".contains($0) }.joined(separator: " ") + " "
        return Trick.allCases.filter { trick in
            trick == .link ? hasLink(folded) : phrases(of: trick).contains { words.contains($0) }
        }
    }

    /// Lower case, without accents, single spaces, one at each end, so that a phrase can be looked for as words. What a link is
    /// made of stays.
    private static func fold(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.lowercased().unicodeScalars where scalar.properties.generalCategory != .nonspacingMark {
            plain.append(contentsOf: (unaccented[scalar] ?? String(scalar)).unicodeScalars)
        }
        let words = plain.split { scalar in
            !(scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "./:".unicodeScalars.contains(scalar))
        }
        return " " + words.map { String($0) }.joined(separator: " ") + " "
    }

    /// The letters of French that carry something; whatever else there is stays as it is.
    private static let unaccented: [Unicode.Scalar: String] = [
        "à": "a", "â": "a", "ä": "a", "ç": "c", "é": "e", "è": "e", "ê": "e", "ë": "e", "î": "i", "ï": "i", "ô": "o",
        "ö": "o",
        "ù": "u", "û": "u", "ü": "u", "ÿ": "y", "œ": "oe", "æ": "ae",
    ]

    private static func phrases(of trick: Trick) -> [String] {
        switch trick {
        case .extortion:
            [
                " send me money", " pay me", " pay or ", " or i will leak", " or i will post",
                " i have your nudes", " i have your pictures", " i have your video", " i recorded you",
                " i have recorded you",
                " your family and friends will", " gift card", " envoie moi de l argent", " paye moi", " paie moi",
                " paye ou ", " paie ou ", " j ai tes photos", " j ai ta video", " je t ai filme", " je t ai enregistre",
                " a tous tes contacts", " a ta famille", " carte cadeau", " coupon pcs", " coupons pcs",
            ]
        case .authority:
            [
                " fbi ", " interpol ", " europol ", " cyber police", " reported to the police",
                " you have been reported",
                " your ip ", " we know where you live", " gendarmerie ", " signale a la police", " tu as ete signale",
                " vous avez ete signale", " ton ip ", " votre ip ", " je sais ou tu habites", " brigade des mineurs",
            ]
        case .distress:
            [
                " kill myself", " end my life", " want to die", " hurt myself", " suicide ", " me suicider", " me tuer",
                " envie de mourir", " me faire du mal",
            ]
        case .link: []
        }
    }

    private static func hasLink(_ folded: String) -> Bool {
        if folded.contains("http://") || folded.contains("https://") || folded.contains(" www.") { return true }
        // A name with a well-known ending: example.com, t.me/somebody.
        let endings = [
            "com", "net", "org", "io", "me", "ru", "link", "app", "xyz", "gg", "tv", "fr", "ly", "co", "site", "live",
            "chat",
        ]
        return folded.split(separator: " ").contains { word in
            var host = word.drop { $0 == "/" }.prefix { $0 != "/" }
            // The end of a sentence, or a port.
            while let last = host.last, ".:".contains(last) { host.removeLast() }
            if let colon = host.lastIndex(of: ":"), host[colon...].dropFirst().allSatisfy(\.isNumber) {
                host = host[..<colon]
            }
            let parts = host.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count >= 2, let last = parts.last, parts.allSatisfy({ !$0.isEmpty }) else { return false }
            return endings.contains(String(last))
        }
    }

    // MARK: Words

    static func note(on trick: Trick, _ language: Language) -> String {
        switch (trick, language) {
        case (.extortion, .english):
            "This sounds like extortion. Do not pay and do not send anything: paying brings more demands. Copy what was written "
                + "before you leave (/save does, and tells the stranger), and tell somebody you trust. Pictures of you: "
                + "stopncii.org, and takeitdown.ncmec.org if you were under 18. In danger now: 112 in Europe, 911 in North America."
        case (.extortion, .french):
            "Cela ressemble à un chantage. Ne payez pas et n'envoyez rien : payer appelle d'autres demandes. Copiez ce qui a été "
                + "écrit avant de partir (/save le fait, et le dit à l'autre) et parlez-en à quelqu'un de confiance. En France : 3018 "
                + "(gratuit), internet-signalement.gouv.fr. Images de vous : stopncii.org. En danger : 17 ou 112."
        case (.authority, .english):
            "No authority contacts anybody here, and the stranger's screen does not show who or where you are. Whoever says that you "
                + "are reported, or that they know your address, is not legitimate. Leave."
        case (.authority, .french):
            "Aucune autorité ne contacte qui que ce soit ici, et l'écran de l'autre ne montre ni qui vous êtes ni où. Qui prétend vous "
                + "avoir signalé ou connaître votre adresse n'est pas légitime. Partez."
        case (.link, .english):
            "A link: whoever runs that page sees your address when you open it, and many such pages are traps. Nothing on Passant "
                + "needs one."
        case (.link, .french):
            "Un lien : qui tient cette page voit votre adresse quand vous l'ouvrez, et beaucoup sont des pièges. Rien sur Passant "
                + "n'en a besoin."
        case (.distress, .english):
            "If somebody is in danger, you or they: 112 in Europe, 911 in North America (988 in the USA and Canada, to talk), "
                + "elsewhere findahelpline.com. This program cannot tell anybody where the stranger is."
        case (.distress, .french):
            "Si quelqu'un est en danger, vous ou l'autre : en France 3114 (jour et nuit, gratuit), 15 ou 112 ; ailleurs "
                + "findahelpline.com. Ce programme ne peut dire à personne où se trouve l'autre."
        }
    }

    static func untyped(_ language: Language) -> String {
        switch language {
        case .english:
            "The first text came without any typing before it. Bots write like that, and so do people who paste or write whole lines."
        case .french:
            "Le premier texte est arrivé sans frappe. Les robots écrivent ainsi, et aussi ceux qui collent un texte ou envoient des lignes entières."
        }
    }

    static func silent(_ language: Language) -> String {
        switch language {
        case .english: "Nothing has come from the stranger yet. Say something, or look for somebody else."
        case .french: "Rien n'est encore venu de l'autre. Dites quelque chose, ou cherchez quelqu'un d'autre."
        }
    }
}
