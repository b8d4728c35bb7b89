/// How much a terminal can show.
struct Style: Hashable, Sendable {
    var hasColour: Bool
    /// Whether signs outside ASCII can be shown.
    var hasUnicode: Bool

    static let bare = Style(hasColour: false, hasUnicode: false)

    init(hasColour: Bool, hasUnicode: Bool) {
        self.hasColour = hasColour
        self.hasUnicode = hasUnicode
    }

    /// As NO_COLOR, TERM and the locale say.
    init(environment: [String: String]) {
        hasColour =
            (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb" && environment["TERM"] != nil
        let locale =
            [environment["LC_ALL"], environment["LC_CTYPE"], environment["LANG"]]
            .compactMap { $0 }.first { !$0.isEmpty } ?? ""
        let name = locale.lowercased()
        hasUnicode = name.contains("utf-8") || name.contains("utf8")
    }

    /// SGR parameters. Dim is only for what nobody needs to read.
    enum Tone: String {
        case you = "1;34", stranger = "1;31", status = "1", server = "36", notice = "2", trouble = "33"
    }

    func paint(_ text: String, _ tone: Tone) -> String {
        hasColour && !text.isEmpty ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }

    var deliveredMark: String { hasUnicode ? "\u{2713}" : "ok" }
    var separator: String { hasUnicode ? " \u{00B7} " : " | " }
    var lineFeedSign: String { hasUnicode ? "\u{23CE}" : "/" }
}
