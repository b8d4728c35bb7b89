// The chat without a line editor: whole lines in, whole lines out. For terminals that can do nothing, for
// screen readers, and for pipes.

internal import ControlAPI
internal import Essentials

/// `passant meet --plain`.
struct PlainFace: MeetFace {
    private var screen: MeetScreen
    private var splitter = LineSplitter(limit: ControlLimits.line)

    init(_ options: MeetOptions = MeetOptions()) { screen = MeetScreen(isPlain: true, options) }

    var nextDeadline: Moment? { screen.nextDeadline }

    mutating func handle(_ input: FaceInput, at now: Moment) -> [FaceEffect] {
        switch input {
        case .event(let event): show(screen.handle(.event(event), at: now))
        case .sessionEnded: show(screen.handle(.sessionEnded, at: now))
        case .bytes(let bytes): show(splitter.append(bytes).flatMap { take($0, now) })
        case .inputEnded: show(splitter.finish().flatMap { take($0, now) } + screen.handle(.inputEnded, at: now))
        case .timerFired: show(screen.handle(.timerFired, at: now))
        case .resized, .resumed: []
        }
    }

    mutating func farewell() -> String { "" }

    private mutating func take(_ item: LineSplitter.Item, _ now: Moment) -> [ScreenEffect] {
        guard case .line(let bytes) = item, bytes.count <= MeetCommand.textMaximum else {
            return screen.isFinished
                ? [] : [.show(.trouble(MeetCommandFault.tooLong(bytes: ControlLimits.line).description))]
        }
        return screen.handle(.line(String(decoding: bytes, as: UTF8.self)), at: now)
    }

    private func show(_ effects: [ScreenEffect]) -> [FaceEffect] {
        effects.compactMap { (effect) -> FaceEffect? in
            return switch effect {
            // The terminal has shown what was typed.
            case .show(.you): nil
            case .show(let line): .write(Self.text(line) + "\n")
            case .tell(let command): .tell(command)
            case .finish(let status): .finish(status)
            case .redraw, .suspend: nil
            }
        }
    }

    private static func text(_ line: ScreenLine) -> String {
        switch line {
        case .you(let text): Words.you + ": " + indented(text)
        case .stranger(let text): Words.stranger + ": " + indented(text)
        case .named(let who, let text): TerminalText.neutralised(who) + ": " + indented(text)
        case .status(let text), .server(let text), .notice(let text), .trouble(let text): indented(text)
        }
    }

    private static func indented(_ text: String) -> String {
        LineWrap.lines(of: text).joined(separator: "\n" + LineWrap.indent)
    }
}
