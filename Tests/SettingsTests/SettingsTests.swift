import Foundation
@testable import Settings
import Testing

@Suite("Settings")
struct SettingsTests {
    private func load(
        file: String? = nil, environment: [String: String] = [:], flags: [SettingKey: [String]] = [:]
    ) throws -> Settings {
        let scratch = try Scratch()
        if let file { try scratch.write(file, to: "config.toml") }
        return try Settings.load(
            flags: flags, environment: environment, paths: DataPaths(data: scratch.path, environment: [:]))
    }

    private func fault(
        file: String? = nil, environment: [String: String] = [:], flags: [SettingKey: [String]] = [:]
    ) -> PassantError? {
        do {
            _ = try load(file: file, environment: environment, flags: flags)
            return nil
        } catch {
            return error as? PassantError
        }
    }

    @Test("with nothing said a node is a leaf of the network main without a web page")
    func standard() throws {
        let settings = try load()
        #expect(settings.role.value == .leaf && settings.network.value == "main" && settings.web.value == .off)
        #expect(settings.listen.value.isEmpty && settings.address.value == nil && settings.join.value.isEmpty)
        #expect(settings.logLevel == Setting(.notice, from: .standard) && settings.passphraseFile.value == nil)
        #expect(settings.listing.map(\.key) == SettingKey.allCases)
        #expect(settings.listing.allSatisfy { $0.origin == .standard })
        try settings.check()
        #expect(settings.warnings.isEmpty)
    }

    @Test("a flag beats the environment, which beats the file, which beats the default, and each says where from")
    func precedence() throws {
        let file = """
            # A comment
            network = "from-file"
            log-level = "debug"
            listen = "127.0.0.1:1"
            role = "member"
            """
        let environment = [
            "PASSANT_LOG_LEVEL": "info", "PASSANT_LISTEN": "127.0.0.1:2", "HOME": "/home/p", "PASSANT_WEB": "",
        ]
        let settings = try load(file: file, environment: environment, flags: [.listen: ["127.0.0.1:3", "[::1]:3"]])
        #expect(settings.listen.value.map(\.description) == ["127.0.0.1:3", "[::1]:3"])
        #expect(settings.listen.origin.description == "--listen")
        #expect(settings.logLevel == Setting(.info, from: .environment("PASSANT_LOG_LEVEL")))
        #expect(settings.network.value == "from-file" && settings.network.origin.description.hasSuffix("config.toml:2"))
        #expect(settings.role.value == .member && settings.role.origin.description.hasSuffix("config.toml:5"))
        #expect(settings.web.origin == .standard)
        #expect(settings.published?.description == "127.0.0.1:3")
    }

    @Test("every setting can be given in every way")
    func everyWay() throws {
        let texts: [SettingKey: String] = [
            .listen: "127.0.0.1:1", .address: "192.0.2.1:1", .role: "member", .join: "passant:abc", .network: "lan-1",
            .web: "127.0.0.1:8080", .logLevel: "trace", .passphraseFile: "/x/y",
            .noRepeatHours: "0",
        ]
        let file = texts.map { key, text in "\(key.rawValue) = " + (key == .join ? "[\"\(text)\"]" : "\"\(text)\"") }
        let byFile = try load(file: file.joined(separator: "\n"))
        let byEnvironment = try load(
            environment: Dictionary(uniqueKeysWithValues: texts.map { ($0.environmentName, $1) }))
        let byFlags = try load(flags: texts.mapValues { [$0] })
        for key in SettingKey.allCases {
            for settings in [byFile, byEnvironment, byFlags] {
                let shown = settings.listing.first { $0.key == key }
                #expect(shown?.value == texts[key], "\(key)")
                #expect(shown?.origin != .standard)
            }
        }
        #expect(SettingKey.passphraseFile.environmentName == "PASSANT_PASSPHRASE_FILE")
        #expect(try load(environment: ["PASSANT_JOIN": "a, b c"]).join.value == ["a", "b", "c"])
        #expect(try load(file: "listen = [\"[::1]:1\", \"127.0.0.1:1\"]").listen.value.count == 2)
    }

    @Test("hours of no repeat are a whole number up to a day", arguments: ["-1", "25", "1.5", "", "x", "1e1"])
    func noRepeatHours(text: String) throws {
        #expect(try load().noRepeatHours.value == 24)
        #expect(try load(file: "no-repeat-hours = \"7\"").noRepeatHours.value == 7)
        let error = fault(file: "no-repeat-hours = \"\(text)\"")
        #expect(error?.reason == "it is a whole number from 0 to 24" && error?.exitCode == 78)
    }

    @Test("an unknown key is an error with file, line and what was probably meant")
    func unknownKey() throws {
        let error = fault(file: "network = \"x\"\n\n# next\nlisen = \"127.0.0.1:1\"\n")
        #expect(error?.code == "configuration-key-unknown" && error?.exitCode == 78)
        #expect(error?.message.hasSuffix("config.toml:4: unknown key lisen") == true)
        #expect(error?.reason == "did you mean listen?")
        #expect(fault(file: "colour = 1")?.reason == "no setting has this name")
        #expect(fault(file: "[mesh]\nlisten = \"127.0.0.1:1\"")?.message.hasSuffix(":1: unknown key mesh") == true)
        #expect(fault(file: "\"\\u001B[2J\" = 1")?.message.contains("\u{1B}") == false)
    }

    @Test("the line is right after strings and arrays of many lines")
    func lines() throws {
        let file = """
            join = [
                "passant:a", # not a key = 1
                "wrong ] = 2",
            ]
            network = \"\"\"
            x\"\"\"
            nonsens = 1
            """
        #expect(fault(file: file)?.message.hasSuffix("config.toml:7: unknown key nonsens") == true)
        let literal = "network = '''\nlisten = 1\n'''\nweb = \"off\"\nx.y = 1"
        #expect(fault(file: literal)?.message.hasSuffix(":5: unknown key x") == true)
    }

    @Test("a value of the wrong type is an error with its line")
    func wrongType() {
        let cases = [
            ("\nlisten = 4700", ":2", "listen must be a string in quotes, not an integer"),
            ("network = [\"a\"]", ":1", "network must be a string in quotes, not an array"),
            ("web = false", ":1", "web must be a string in quotes, not a boolean"),
            ("join = \"passant:a\"", ":1", "join must be an array of strings, as in join = [\"…\"]"),
            ("join = [\"a\", 2]", ":1", "join must hold strings only; entry 2 is none"),
        ]
        for (file, line, words) in cases {
            let error = fault(file: file)
            #expect(error?.message.hasSuffix("config.toml" + line) == true && error?.reason == words, "\(file)")
            #expect(error?.code == "configuration-invalid" && error?.exitCode == 78)
        }
    }

    @Test("text that is no TOML is an error with its line")
    func noTOML() throws {
        #expect(fault(file: "network = \"a\"\nweb = off\n")?.message.hasSuffix("config.toml:2") == true)
        #expect(fault(file: "network = \"a\"\nnetwork = \"b\"\n")?.message.hasSuffix("config.toml:2") == true)
        #expect(fault(file: "a = \"\u{0}\"")?.reason == "the file is not UTF-8 text")
        #expect(fault(file: String(repeating: "#\n", count: 600_000))?.reason == "the file is larger than 1 MiB")
        #expect(fault(file: "join = " + String(repeating: "[", count: 10_000))?.code == "configuration-invalid")
        let quoted = fault(file: "web = f\u{1B}[2J")?.reason ?? "\n"
        #expect(quoted.unicodeScalars.allSatisfy { $0.value >= 0x20 }, "\(quoted.debugDescription)")
        for value in [
            "a = 1979-05-27T^", "a = [1, 07:x]", "a.b = {c = 1-1}", "listen = 127.0.0.1:4700", "a = -1:1", "join = [}",
        ] {
            #expect(fault(file: "web = \"off\"\n\(value)")?.message.hasSuffix("config.toml:2") == true, "\(value)")
        }
        for value in ["1", "-0.5e-3", "0xBEEF", "1_000", "inf", "true", "0b11", "1E+9"] {
            let reason = fault(file: "web = \(value)")?.reason ?? ""
            #expect(reason.hasPrefix("web must be a string in quotes"), "\(value): \(reason)")
        }
        for header in ["[::1]:4700", "[", "[\n", "[[ [a]]", "[ ]", "[é]", "[.a]", "[a.:]", "[[\n", "[a"] {
            let line = fault(file: "network = \"a\"\n\(header)")?.message
            #expect(line?.hasSuffix("config.toml:2") == true, "\(header): \(line ?? "")")
        }
    }

    @Test(
        "a wrong value says which, from where, and what it should be",
        arguments: [
            (SettingKey.listen, "4700", "the port is missing; write HOST:PORT"),
            (.role, "menber", "did you mean member?"), (.role, "x", "it is one of member, leaf"),
            (.network, "Main", "a network's name is 1 to 32 of a-z, 0-9 and -"),
            (.network, String(repeating: "a", count: 33), "a network's name is 1 to 32 of a-z, 0-9 and -"),
            (.web, "on", "the port is missing; write HOST:PORT"), (.logLevel, "warn", "it is one of"),
            (.passphraseFile, "", "the path is empty"),
        ])
    func wrongValue(key: SettingKey, text: String, words: String) {
        let byFlag = fault(flags: [key: [text]])
        #expect(byFlag?.code == "setting-invalid" && byFlag?.exitCode == 64)
        #expect(byFlag?.reason.hasPrefix(words) == true, "\(byFlag?.reason ?? "")")
        #expect(byFlag?.message.contains("(--") == true)
        guard !text.isEmpty else { return }
        let byEnvironment = fault(environment: [key.environmentName: text])
        #expect(byEnvironment?.exitCode == 78)
        #expect(byEnvironment?.message.contains("(environment \(key.environmentName))") == true)
        #expect(fault(file: "\(key.rawValue) = \"\(text)\"")?.message.contains("config.toml:1") == true)
    }

    @Test("two values for one setting, or none, are an error")
    func countOfValues() {
        #expect(fault(flags: [.address: ["192.0.2.1:1", "192.0.2.2:1"]])?.reason == "exactly one value is needed")
        #expect(fault(flags: [.network: []])?.reason == "exactly one value is needed")
    }

    @Test("an unknown PASSANT_ variable is an error; other programs' variables are none of ours")
    func unknownVariable() {
        let error = fault(environment: ["PASSANT_LISTN": "x"])
        #expect(error?.code == "environment-unknown" && error?.exitCode == 78)
        #expect(error?.reason == "did you mean PASSANT_LISTEN?")
        #expect(fault(environment: ["PASSANT_COLOUR": "1"])?.reason == "no setting has this name")
        #expect(fault(environment: ["PASSANT_DATA": "/x", "passant_listen": "x", "LISTEN": "x"]) == nil)
    }

    @Test("a relative passphrase file starts at the configuration file, or at the current directory")
    func passphrasePath() throws {
        #expect(try load(file: "passphrase-file = \"pass\"").passphraseFile.value?.hasPrefix("/") == true)
        #expect(try load(file: "passphrase-file = \"pass\"").passphraseFile.value?.contains("passant-test-") == true)
        let current = FileManager.default.currentDirectoryPath
        #expect(try load(flags: [.passphraseFile: ["pass"]]).passphraseFile.value == current + "/pass")
    }

    @Test("a member that listens everywhere must say which address it publishes")
    func unspecifiedListen() throws {
        for listen in ["0.0.0.0:4700", "[::]:4700"] {
            let error = #expect(throws: PassantError.self) {
                try load(flags: [.role: ["member"], .listen: [listen]]).check()
            }
            #expect(error?.code == "address-needed" && error?.exitCode == 64)
            #expect(error?.remedy == "Name it: passant up --member --listen \(listen) --address HOST:4700")
            try load(flags: [.role: ["member"], .listen: [listen], .address: ["192.0.2.1:9"]]).check()
            try load(flags: [.listen: [listen]]).check()
        }
    }

    @Test("a member needs a place to listen, and an address that can be reached")
    func contradictions() throws {
        func code(_ flags: [SettingKey: [String]]) throws -> String? {
            do {
                try load(flags: flags).check()
                return nil
            } catch let error as PassantError {
                return error.code
            }
        }
        #expect(try code([.role: ["member"]]) == "member-without-listen")
        #expect(try code([.address: ["0.0.0.0:1"]]) == "address-unspecified")
        #expect(try code([.address: ["192.0.2.1:0"]]) == "address-without-port")
        #expect(try code([.role: ["member"], .listen: ["127.0.0.1:0"]]) == nil)
        #expect(try load(flags: [.listen: ["127.0.0.1:1"], .address: ["192.0.2.1:1"]]).warnings.count == 2)
    }

    @Test("what was probably meant is found for slips of the finger and not invented for other words")
    func suggestions() {
        let names = SettingKey.allCases.map(\.rawValue)
        #expect(Suggestion.nearest(to: "lsiten", among: names) == "listen")
        #expect(Suggestion.nearest(to: "log_level", among: names) == "log-level")
        #expect(Suggestion.nearest(to: "loglevel", among: names) == "log-level")
        #expect(Suggestion.nearest(to: "JOIN", among: names) == "join")
        #expect(Suggestion.nearest(to: "banana", among: names) == nil)
        #expect(Suggestion.nearest(to: String(repeating: "a", count: 5_000), among: names) == nil)
        #expect(Suggestion.distance("", "abc") == 3 && Suggestion.distance("abc", "") == 3)
    }

    @Test("an error is two lines: what and why, then what to do")
    func form() {
        let error = PassantError(code: "a-b", message: "what", reason: "why", remedy: "do this", exit: .usage)
        #expect(error.description == "what: why\ndo this" && error.exitCode == 64)
        #expect(PassantError(code: "a", message: "what", reason: "", remedy: "", exit: .negative).description == "what")
        #expect(ExitCode.allCases.map(\.rawValue) == [0, 1, 64, 65, 69, 70, 73, 74, 75, 77, 78])
    }
}
