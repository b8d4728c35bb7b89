// The chat as Omegle's users knew it: one button on Esc (Disconnect, Really?, New), re-armed by sending;
// typing told, and taken back after five idle seconds; You and Stranger. Pure: no terminal, no clock.

internal import ControlAPI
internal import Essentials

/// The state of one `passant meet` in a terminal.
struct MeetScreen: Sendable {
    enum Phase: Hashable, Sendable {
        case looking
        /// `isSure` after the first Esc.
        case talking(isSure: Bool)
        /// The conversation is over, or the search was stopped.
        case over
    }

    /// How long a person may pause before the stranger is told that they stopped typing.
    static let typingPause = Span.seconds(5)
    /// How often the node is told while typing goes on. It takes typing back five seconds after it was told last, so
    /// this is by how much the stranger's mark may end early. No packet goes for it: the node has its own pace there.
    static let typingReminder = Span.milliseconds(250)

    private(set) var phase = Phase.looking
    private(set) var editor = LineEditor(limit: MeetCommand.textMaximum)
    private(set) var isFinished = false
    /// Where there is no line editor, and so no Esc key.
    let isPlain: Bool
    private var typists: [String] = []
    private var sent = 0
    private var delivered = 0
    private var isInterrupted = false
    private var typingEnds: Moment?
    private var typingTold = Moment.origin
    private let options: MeetOptions
    private var watch: StrangerWatch
    private var reroll: AutoReroll
    private var now = Moment.origin
    private var hasHinted = false
    private var hasHintedSaving = false
    private var hasExplainedSearch = false
    private var hasExplainedWords = false

    init(isPlain: Bool, _ options: MeetOptions = MeetOptions()) {
        self.isPlain = isPlain
        self.options = options
        watch = StrangerWatch(language: options.notes)
        reroll = AutoReroll(isOn: options.rerolls)
    }

    var nextDeadline: Moment? {
        [typingEnds, watch.due, reroll.due.map { min($0, now + .seconds(1)) }].compactMap { $0 }.min()
    }

    var prompt: ScreenPrompt {
        ScreenPrompt(
            button: button, typists: typists,
            delivery: sent == 0 ? .none : sent > delivered ? .onTheWay(sent - delivered) : .arrived,
            isInterrupted: isInterrupted, editor: editor)
    }

    private var button: String {
        switch phase {
        case .looking: Words.stop
        case .talking(let isSure): isSure ? Words.really : Words.disconnect
        case .over: reroll.left(at: now).map { Words.newIn($0) } ?? Words.new
        }
    }

    private var isTalking: Bool { if case .talking = phase { true } else { false } }

    mutating func handle(_ input: ScreenInput, at now: Moment) -> [ScreenEffect] {
        guard !isFinished else { return [] }
        self.now = now
        return switch input {
        case .event(let event): take(event)
        case .sessionEnded: finish(ExitStatus.unavailable, [.show(.trouble(Words.nodeStopped))])
        case .key(let key): press(key, now)
        case .line(let line): take(line: line)
        case .inputEnded: leave()
        case .timerFired: stopTyping(now) + (watch.silence(at: now).map { [.show(.notice($0))] } ?? []) + next(now)
        }
    }

    // MARK: - What the node says

    private mutating func take(_ event: MeetEvent) -> [ScreenEffect] {
        switch event {
        case .waiting:
            reset(.looking)
            defer { hasExplainedSearch = true }
            reroll.begin()
            let explains = options.hasWishes && !hasExplainedSearch
            return [.show(.status(Words.looking))] + (explains ? [.show(.notice(Words.searchHint))] : [])
        case .connected:
            reset(.talking(isSure: false))
            watch.connected(at: now)
            defer { hasHinted = true }
            let hint = isPlain ? Words.plainHint : Words.hint
            if options.isAsking {
                watch.over()
                return [.show(.status(Words.watching))]
            }
            let greeting = options.friend.map { Words.chatting(with: $0) } ?? Words.connected
            return [.show(.status(greeting))] + (hasHinted ? [] : [.show(.notice(hint))])
        // After our own farewell it is no news.
        case .strangerDisconnected: return isTalking ? over(isInterrupted ? Words.pathGone : Words.strangerLeft) : []
        case .spyDisconnected(let who): return isTalking ? over(Words.left(who)) : []
        case .commonLikes(let likes): return likes.isEmpty ? [] : [.show(.status(Words.bothLike(likes)))]
        case .question(let text): return [.show(.status(Words.question(text)))]
        case .gotMessage(let text): return heard(text)
        case .spyMessage(let who, let text):
            stopped(who)
            // The two of whom neither is oneself.
            if who == "Stranger 1" { reroll.weSpoke() } else { reroll.theySpoke() }
            return [.show(.named(who, text))] + watch.overheard(text).map { .show(.notice($0)) }
        case .typing:
            began(Words.stranger)
            watch.typing()
        case .spyTyping(let who): began(who)
        case .stoppedTyping: stopped(Words.stranger)
        case .spyStoppedTyping(let who): stopped(who)
        case .delivered(let count): delivered = max(delivered, min(count, sent))
        case .interrupted:
            isInterrupted = true
            return [.show(.notice(Words.interrupted))]
        case .resumed:
            isInterrupted = false
            return [.show(.notice(Words.resumed))]
        case .safetyWords(let words): return safety(words)
        case .serverMessage(let text): return [.show(.server(text))]
        case .saved: return [.show(.notice(Words.saved))]
        case .keptInTouch(let name): return [.show(.notice(Words.keptInTouch(name)))]
        case .error(let text):
            // A text that was not taken will never be delivered, so it is not waited for.
            if isTalking, sent > delivered, text.hasPrefix(Words.notSent) { sent -= 1 }
            return [.show(.trouble(text))]
        case .refused(let details): return [.show(.trouble(Words.refused(details.text)))]
        case .blocked(let details): return [.show(.notice(Words.blocked(details.text)))]
        }
        return []
    }

    private mutating func heard(_ text: String) -> [ScreenEffect] {
        stopped(Words.stranger)
        reroll.theySpoke()
        let notes = watch.spoke(text).map { ScreenEffect.show(.notice($0)) }
        return [.show(.stranger(text))] + notes + saveHint()
    }

    /// Once a run, and not before both have spoken: until then no log is kept. Who only watches keeps none at all.
    private mutating func saveHint() -> [ScreenEffect] {
        guard reroll.haveBothSpoken, !options.isAsking, !hasHintedSaving else { return [] }
        hasHintedSaving = true
        return [.show(.notice(Words.saveHint))]
    }

    private mutating func safety(_ words: [String]) -> [ScreenEffect] {
        defer { hasExplainedWords = true }
        return [.show(.notice(Words.safetyWords(words)))]
            + (hasExplainedWords ? [] : [.show(.notice(Words.safetyWordsMeaning))])
    }

    private mutating func began(_ who: String) {
        if !typists.contains(who), typists.count < 2 { typists.append(who) }
    }

    private mutating func stopped(_ who: String) { typists.removeAll { $0 == who } }

    private mutating func reset(_ phase: Phase) {
        self.phase = phase
        typists = []
        sent = 0
        delivered = 0
        isInterrupted = false
        typingEnds = nil
        watch.over()
    }

    private mutating func over(_ words: String) -> [ScreenEffect] {
        // What is being written is for whoever has just left.
        if isTalking, editor.isEmpty { reroll.over(at: now) }
        reset(.over)
        return [.show(.status(words))] + (isPlain ? [.show(.notice(Words.plainNext))] : [])
    }

    // MARK: - What the person does

    private mutating func press(_ key: Key, _ now: Moment) -> [ScreenEffect] {
        switch key {
        case .escape: return pressButton()
        case .enter: return enter()
        case .endOfInput where editor.isEmpty: return leave()
        case .endOfInput: return edit(.delete, now)
        case .redraw: return [.redraw]
        case .suspend: return [.suspend]
        default: return edit(key, now)
        }
    }

    private mutating func pressButton() -> [ScreenEffect] {
        switch phase {
        case .talking(isSure: false):
            phase = .talking(isSure: true)
            return []
        case .talking, .looking: return [.tell(.disconnect)] + over(Words.youLeft)
        case .over: return lookAgain()
        }
    }

    private mutating func lookAgain() -> [ScreenEffect] {
        reroll.stop()
        reset(.looking)
        return [.tell(.new)]
    }

    private mutating func next(_ now: Moment) -> [ScreenEffect] { reroll.isTime(at: now) ? lookAgain() : [] }

    private mutating func edit(_ key: Key, _ now: Moment) -> [ScreenEffect] {
        // Whoever writes is not in a hurry to meet the next.
        reroll.stop()
        guard editor.handle(key), isTalking else { return [] }
        let isDue = typingEnds == nil || now - typingTold >= Self.typingReminder
        typingEnds = now + Self.typingPause
        guard isDue else { return [] }
        typingTold = now
        return [.tell(.typing)]
    }

    private mutating func stopTyping(_ now: Moment) -> [ScreenEffect] {
        guard let typingEnds, typingEnds <= now else { return [] }
        self.typingEnds = nil
        return [.tell(.stoppedTyping)]
    }

    private mutating func enter() -> [ScreenEffect] {
        let text = editor.text
        guard !text.allSatisfy(\.isWhitespace) else { return [] }
        if let asked = searchCommand(text) ?? aside(text) {
            editor.clear()
            return asked
        }
        guard isTalking else { return [.show(.notice(Words.nobodyThere))] }
        editor.clear()
        // What would have been for the node goes to the stranger with one more slash in front.
        let inner = String(text.dropFirst())
        return send(text.hasPrefix("//") && aside(inner) != nil ? inner : text)
    }

    /// While a stranger is looked for, a line may say for whom.
    private func searchCommand(_ line: String) -> [ScreenEffect]? {
        guard options.hasWishes, phase == .looking else { return nil }
        switch line {
        case "/wait": return [.tell(.lookForCommonLikes), .show(.notice(Words.waiting))]
        case "/anyone": return [.tell(.stopLookingForCommonLikes), .show(.notice(Words.anyone))]
        default: return nil
        }
    }

    /// While two talk, a line may be for the node.
    private func aside(_ line: String) -> [ScreenEffect]? {
        guard isTalking else { return nil }
        if line == "/save" { return [.tell(.save)] }
        guard line == "/friend" || line.hasPrefix("/friend ") else { return nil }
        let name = line.dropFirst("/friend".count).drop { $0 == " " }
        guard MeetCommand.isFriendName(String(name)) else { return [.show(.notice(Words.friendNeedsName))] }
        return [.tell(.keepInTouch(String(name))), .show(.notice(Words.friendAsked(String(name))))]
    }

    private mutating func send(_ text: String) -> [ScreenEffect] {
        reroll.weSpoke()
        phase = .talking(isSure: false)
        typingEnds = nil
        sent += 1
        return [.tell(.send(text)), .show(.you(text))] + saveHint()
    }

    private mutating func take(line: String) -> [ScreenEffect] {
        guard !line.allSatisfy(\.isWhitespace) else { return [] }
        switch line {
        case "/quit": return leave()
        case "/next":
            let leaving: [ScreenEffect] = phase == .over ? [] : [.tell(.disconnect), .show(.status(Words.youLeft))]
            return leaving + lookAgain()
        default: if let asked = searchCommand(line) ?? aside(line) { return asked }
        }
        if line.hasPrefix("/"), !line.hasPrefix("//") { return [.show(.notice(Words.plainUnknown))] }
        guard isTalking else { return [.show(.notice(Words.plainNobodyThere))] }
        return send(line.hasPrefix("//") ? String(line.dropFirst()) : line)
    }

    private mutating func leave() -> [ScreenEffect] {
        finish(0, phase == .over ? [] : [.tell(.disconnect), .show(.status(Words.youLeft))])
    }

    private mutating func finish(_ status: Int32, _ effects: [ScreenEffect]) -> [ScreenEffect] {
        reset(.over)
        isFinished = true
        return effects + [.finish(status)]
    }
}
