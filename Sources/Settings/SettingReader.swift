// From text to values, with errors that say which setting, from where, and what it should be.

private import Essentials
private import Foundation

/// What is wrong with one value, in words that go after "listen = … ".
struct ValueFault: Error {
    let words: String
}

/// Reads single settings out of the merged texts.
struct SettingReader {
    let raw: [SettingKey: RawSetting]

    func read<Value: Hashable & Sendable>(
        _ key: SettingKey, standard: Value, with parse: (String) throws(ValueFault) -> Value
    ) throws(PassantError) -> Setting<Value> {
        guard let setting = raw[key] else { return Setting(standard, from: .standard) }
        guard let text = setting.texts.last, setting.texts.count == 1 else {
            throw Self.fault(key, "", setting.origin, "exactly one value is needed")
        }
        do {
            return Setting(try parse(text), from: setting.origin)
        } catch {
            throw Self.fault(key, text, setting.origin, error.words)
        }
    }

    func readEach<Value: Hashable & Sendable>(
        _ key: SettingKey, with parse: (String) throws(ValueFault) -> Value
    ) throws(PassantError) -> Setting<[Value]> {
        guard let setting = raw[key] else { return Setting([], from: .standard) }
        var values: [Value] = []
        for text in setting.texts {
            do {
                values.append(try parse(text))
            } catch {
                throw Self.fault(key, text, setting.origin, error.words)
            }
        }
        return Setting(values, from: setting.origin)
    }

    static func hostPort(_ text: String) throws(ValueFault) -> HostPort {
        do {
            return try HostPort(parsing: text)
        } catch {
            throw ValueFault(words: error.description)
        }
    }

    static func choice<Choice: RawRepresentable<String> & CaseIterable>(_ text: String) throws(ValueFault) -> Choice {
        if let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map(\.rawValue)
        throw ValueFault(
            words: Suggestion.nearest(to: text, among: known).map { "did you mean \($0)?" }
                ?? "it is one of \(known.joined(separator: ", "))")
    }

    static func number(_ text: String, in range: ClosedRange<Int>) throws(ValueFault) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw ValueFault(words: "it is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    static func networkName(_ text: String) throws(ValueFault) -> String {
        let isName =
            (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        guard isName else { throw ValueFault(words: "a network's name is 1 to 32 of a-z, 0-9 and -") }
        return text
    }

    /// - Parameter directory: where a relative path starts; nil for the current directory.
    static func path(_ text: String, relativeTo directory: String?) throws(ValueFault) -> String {
        guard !text.isEmpty else { throw ValueFault(words: "the path is empty") }
        let base = directory.map { URL(fileURLWithPath: $0, isDirectory: true) }
        return URL(fileURLWithPath: text, relativeTo: base).standardizedFileURL.path
    }

    private static func fault(
        _ key: SettingKey, _ text: String, _ origin: SettingOrigin, _ words: String
    ) -> PassantError {
        let isUsage = if case .flag = origin { true } else { false }
        return PassantError(
            code: "setting-invalid",
            message: "\(key.rawValue) = \"\(TerminalText.neutralised(text.prefix(80)))\" (\(origin)) cannot be used",
            reason: words,
            remedy: isUsage ? "See: passant help up" : "Correct it, then: passant config check",
            exit: isUsage ? .usage : .configuration)
    }
}

extension Settings {
    /// The settings that PASSANT_ variables hold; one that no setting has is refused, since it is a typing mistake.
    static func environmentSettings(_ environment: [String: String]) throws(PassantError) -> [SettingKey: RawSetting] {
        var known: [String: SettingKey] = [:]
        for key in SettingKey.allCases { known[key.environmentName] = key }
        var settings: [SettingKey: RawSetting] = [:]
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("PASSANT_") {
            if name == "PASSANT_DATA" { continue }
            guard let key = known[name] else {
                // Without the prefix, which is alike in all and would make everything near.
                let candidates = (known.keys.sorted() + ["PASSANT_DATA"]).map { String($0.dropFirst(8)) }
                let meant = Suggestion.nearest(to: String(name.dropFirst(8)), among: candidates)
                throw PassantError(
                    code: "environment-unknown",
                    message: "unknown environment variable \(TerminalText.neutralised(name.prefix(80)))",
                    reason: meant.map { "did you mean PASSANT_\($0)?" } ?? "no setting has this name",
                    remedy: "Unset it, or see the names: passant config show", exit: .configuration)
            }
            guard !text.isEmpty else { continue }
            let texts = key.shape == .one ? [text] : text.split { $0 == " " || $0 == "," }.map(String.init)
            settings[key] = RawSetting(texts: texts, origin: .environment(name))
        }
        return settings
    }
}
