// The chat at a terminal: keys in, ANSI out.

internal import ControlAPI
internal import Essentials

/// `passant meet` at a terminal.
struct LineFace: MeetFace {
    /// How long an ESC waits for the rest of a sequence before it is the Esc key.
    static let escapePause = Span.milliseconds(50)

    private var screen: MeetScreen
    private var renderer: ScreenRenderer
    private var keys = KeyReader()
    private var escapeEnds: Moment?

    init(style: Style, columns: Int, _ options: MeetOptions = MeetOptions()) {
        screen = MeetScreen(isPlain: false, options)
        renderer = ScreenRenderer(style: style, columns: columns)
    }

    var nextDeadline: Moment? {
        guard let escapeEnds else { return screen.nextDeadline }
        return min(escapeEnds, screen.nextDeadline ?? .distantFuture)
    }

    mutating func handle(_ input: FaceInput, at now: Moment) -> [FaceEffect] {
        guard !screen.isFinished else { return [] }
        switch input {
        case .event(let event): return show(screen.handle(.event(event), at: now))
        case .sessionEnded: return show(screen.handle(.sessionEnded, at: now))
        case .inputEnded: return show(screen.handle(.inputEnded, at: now))
        case .bytes(let bytes):
            let pressed = keys.read(bytes)
            escapeEnds = keys.isUndecided ? now + Self.escapePause : nil
            return press(pressed, now)
        case .timerFired:
            var pressed: [Key] = []
            if let ends = escapeEnds, ends <= now {
                escapeEnds = nil
                pressed = keys.flush()
            }
            return show(pressed.flatMap { screen.handle(.key($0), at: now) } + screen.handle(.timerFired, at: now))
        case .resized(let columns):
            renderer.columns = columns
            return show([])
        case .resumed: return [.write(ScreenRenderer.enter)] + show([])
        }
    }

    mutating func farewell() -> String { renderer.erase() + ScreenRenderer.exit }

    private mutating func press(_ pressed: [Key], _ now: Moment) -> [FaceEffect] {
        show(pressed.flatMap { screen.handle(.key($0), at: now) })
    }

    /// One drawing for all that happened.
    private mutating func show(_ effects: [ScreenEffect]) -> [FaceEffect] {
        var lines: [ScreenLine] = []
        var others: [FaceEffect] = []
        var before = ""
        for effect in effects {
            switch effect {
            case .show(let line): lines.append(line)
            case .tell(let command): others.append(.tell(command))
            case .redraw: before = renderer.clear()
            case .suspend: others.append(.suspend)
            case .finish(let status): others.append(.finish(status))
            }
        }
        return [.write(before + renderer.draw(lines, screen.prompt))] + others
    }
}
