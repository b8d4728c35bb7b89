import ArgumentParser
import ControlAPI
import Foundation
import NodeRuntime
import Settings
import TerminalFace

/// `passant meet`: a stranger in this terminal, or for a program.
struct Meet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Meet a stranger in this terminal.",
        discussion: """
            Talks to the node that runs on the same data directory; when none does, it starts a leaf of its own.
            With --ndjson it writes one JSON array a line, reads commands the same way, and never asks anything.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var mesh: MeshOptions

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Meet somebody who likes this too: up to 8, in any script.", valueName: "tag"))
    var interest: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Meet somebody who speaks this: up to 4, the best first.", valueName: "bcp47"))
    var language: [String] = []

    @Option(help: ArgumentHelp("Meet people of a community (not built yet).", valueName: "id"))
    var community: String?

    @Option(help: ArgumentHelp("Watch two strangers discuss a question of 10 to 200 characters.", valueName: "text"))
    var ask: String?

    @Flag(help: "Discuss somebody's question with a stranger, while they watch.")
    var discuss = false

    @Option(
        help: ArgumentHelp("Members on the path: 3, or 5 for one more on each side that asks.", valueName: "3|5"))
    var cover = 3

    @Option(help: ArgumentHelp("Meet a friend, as you call them, and nobody else.", valueName: "name"))
    var friend: String?

    @Flag(help: "Keep these interests and languages for the next time.")
    var remember = false

    @Flag(help: "Drop what was kept for the next time.")
    var forget = false

    @Flag(help: "Look for the next stranger by itself, 3 s after two who never both spoke.")
    var autoReroll = false

    @Flag(help: "One JSON array a line, both ways.")
    var ndjson = false

    @Flag(help: "Whole lines instead of a line editor.")
    var plain = false

    func validate() throws {
        guard cover == 3 || cover == 5 else { throw ValidationError("--cover is 3 or 5") }
        guard interest.count <= MeetWish.interestsMaximum else {
            throw ValidationError("There can be at most \(MeetWish.interestsMaximum) interests")
        }
        guard language.count <= MeetWish.languagesMaximum else {
            throw ValidationError("There can be at most \(MeetWish.languagesMaximum) languages")
        }
        guard !(ask != nil && discuss) else { throw ValidationError("--ask and --discuss exclude each other") }
        guard !(remember && forget) else { throw ValidationError("--remember and --forget exclude each other") }
        guard !(remember && interest.isEmpty && language.isEmpty) else {
            throw ValidationError("--remember needs something to keep: --interest TAG or --language TAG")
        }
        guard ask == nil && !discuss || interest.isEmpty && language.isEmpty && friend == nil else {
            throw ValidationError("--ask and --discuss exclude --interest, --language and --friend")
        }
        guard friend == nil || interest.isEmpty && language.isEmpty else {
            throw ValidationError("--friend meets that friend only: --interest and --language mean nothing beside it")
        }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let face = MeetTerminal.face(plain: plain, ndjson: ndjson || common.json, environment: environment)
        do {
            throw ArgumentParser.ExitCode(try await meet(face, environment))
        } catch {
            // A program that reads only the events learns it too.
            if face == .ndjson, let known = Failure.described(error) {
                print(MeetEvent.error(known.description).json.text)
            }
            throw error
        }
    }

    private func meet(_ face: MeetTerminal.Face, _ environment: [String: String]) async throws -> Int32 {
        var wish = MeetWish(
            interests: interest, languages: language, community: community, cover: cover, question: ask,
            discuss: discuss, friend: friend)
        guard !(autoReroll && face == .plain) else {
            // Lines that are written whole may be meant for whoever has just left.
            throw ValidationError("--auto-reroll needs a terminal with a line editor, or --ndjson")
        }
        // Said before a node is started for it.
        try wish.refuseUnbuilt()
        if face != .ndjson { try await askConsent() }
        try recall(&wish, face)
        let seat = try await NodeAccess.open(common, mesh)
        do {
            let session = try await seat.service.meet(wish)
            let watch = SignalWatch(SignalWatch.ending + [SIGWINCH])
            let code = await MeetTerminal.run(
                face, session: session,
                MeetOptions(
                    hasWishes: !wish.interests.isEmpty || !wish.languages.isEmpty, rerolls: autoReroll,
                    isAsking: ask != nil, friend: friend,
                    environment: environment),
                environment: environment, signals: watch.signals)
            await seat.close()
            return code
        } catch {
            await seat.close()
            throw error
        }
    }

    /// What was kept is used when a person asks for nothing else, and said; it is kept only when that is asked for.
    private func recall(_ wish: inout MeetWish, _ face: MeetTerminal.Face) throws {
        let paths = try common.paths()
        let kept = RememberedWish(paths)
        if forget { kept.forget() }
        if remember {
            try paths.prepare()
            try kept.write(wish)
        }
        guard face != .ndjson, interest.isEmpty, language.isEmpty, friend == nil, ask == nil, !discuss,
            let recalled = kept.read()
        else { return }
        wish.interests = recalled.interests
        wish.languages = recalled.languages
        let words = (recalled.interests + recalled.languages).joined(separator: ", ")
        Failure.complain("Remembered from last time: \(words). --forget drops it.")
    }

    private func askConsent() async throws {
        let paths = try common.paths()
        try paths.prepare()
        guard await ConsentGate.pass(marker: paths.directory + "/" + ConsentGate.markerName) else {
            throw ArgumentParser.ExitCode(ExitStatus.negative)
        }
    }
}
