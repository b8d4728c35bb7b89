// Runs a face: feeds it what happens, in one order, and carries out what it wants.

internal import ControlAPI
internal import Essentials
internal import Glibc

/// One `passant meet` from its first event to its exit code.
actor MeetDriver {
    private var face: any MeetFace
    private let session: MeetSession
    private let output: OutputWriter
    private let terminal: TerminalMode?
    private let began = ContinuousClock.now
    private let commands: AsyncStream<MeetCommand>
    private let commandsIn: AsyncStream<MeetCommand>.Continuation
    private var untaken = 0
    private var timer: (due: Moment, task: Task<Void, Never>)?
    private var status: Int32?
    private var waiting: CheckedContinuation<Int32, Never>?

    /// Commands that may wait for the node before no more input is read.
    private static let untakenMaximum = 64

    init(face: any MeetFace, session: MeetSession, output: OutputWriter, terminal: TerminalMode?) {
        self.face = face
        self.session = session
        self.output = output
        self.terminal = terminal
        (commands, commandsIn) = AsyncStream.makeStream(of: MeetCommand.self)
    }

    /// Runs to the end: of the input, of the node, or at an ending signal. Always leaves the stranger, gives the
    /// seat back, and restores the terminal. Returns the exit code.
    func run(input: InputReader, signals: AsyncStream<Int32>) async -> Int32 {
        let events = Task {
            for await event in session.events { handle(.event(event)) }
            handle(.sessionEnded)
        }
        let giving = Task { [session, commands] in
            for await command in commands {
                await session.command(command)
                untaken -= 1
            }
        }
        let reading = Task {
            while !Task.isCancelled, let bytes = await input.next() {
                handle(.bytes(bytes))
                while untaken > Self.untakenMaximum, status == nil { try? await Task.sleep(for: .milliseconds(5)) }
            }
            handle(.inputEnded)
        }
        let listening = Task {
            for await number in signals { take(signal: number) }
        }
        let code = await outcome()
        commandsIn.finish()
        await Patience.atMost(.seconds(2)) { await giving.value }
        await Patience.atMost(.seconds(3)) { [session] in await session.close() }
        await Patience.atMost(.seconds(1)) { await events.value }
        output.write(face.farewell())
        await Patience.atMost(.seconds(1)) { [output] in await output.flush() }
        terminal?.restore()
        for task in [events, giving, reading, listening] { task.cancel() }
        timer?.task.cancel()
        return code
    }

    /// Nobody reads the output any more.
    func outputBroke() { finish(ExitStatus.inputOutput) }

    private func outcome() async -> Int32 {
        await withCheckedContinuation { continuation in
            if let status { continuation.resume(returning: status) } else { waiting = continuation }
        }
    }

    private func finish(_ code: Int32) {
        guard status == nil else { return }
        status = code
        waiting?.resume(returning: code)
        waiting = nil
    }

    private func take(signal number: Int32) {
        if number == SIGWINCH {
            if let terminal { handle(.resized(columns: terminal.columns)) }
            return
        }
        guard status != nil else { return finish(SignalWatch.exitCode(number)) }
        // Asked for the second time: go at once.
        terminal?.restore()
        _exit(SignalWatch.exitCode(number))
    }

    private var now: Moment {
        let elapsed = (ContinuousClock.now - began).components
        return Moment(
            microseconds: UInt64(clamping: elapsed.seconds) &* 1_000_000
                &+ UInt64(clamping: elapsed.attoseconds / 1_000_000_000_000))
    }

    private func handle(_ input: FaceInput) {
        for effect in face.handle(input, at: now) { perform(effect) }
        arm()
    }

    private func perform(_ effect: FaceEffect) {
        switch effect {
        case .write(let text): output.write(text)
        case .tell(let command):
            untaken += 1
            commandsIn.yield(command)
        case .finish(let code): finish(code)
        case .suspend: Task { await suspend() }
        }
    }

    /// Gives the terminal back to the shell until the person calls us to the front again.
    private func suspend() async {
        guard let terminal else { return }
        output.write(face.farewell())
        await output.flush()
        terminal.restore()
        raise(SIGSTOP)
        terminal.enterRaw()
        handle(.resized(columns: terminal.columns))
        handle(.resumed)
    }

    private func arm() {
        let due = face.nextDeadline
        guard due != timer?.due else { return }
        timer?.task.cancel()
        timer = nil
        guard let due else { return }
        let span = due - now
        timer = (
            due,
            Task {
                try? await Task.sleep(for: .microseconds(max(0, span.microseconds)))
                guard !Task.isCancelled else { return }
                fire(due)
            }
        )
    }

    private func fire(_ due: Moment) {
        if timer?.due == due { timer = nil }
        handle(.timerFired)
    }
}
