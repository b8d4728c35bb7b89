// Raw mode of a terminal, and the promise that it never outlives the process: not on an error, not on a signal,
// not on a crash.

internal import Glibc
internal import Synchronization

/// One terminal whose mode is changed for a while.
final class TerminalMode: Sendable {
    private let descriptor: Int32
    private let original: Mutex<termios?>

    /// Nil when the descriptor is no terminal.
    init?(_ descriptor: Int32) {
        guard isatty(descriptor) == 1 else { return nil }
        self.descriptor = descriptor
        original = Mutex(nil)
    }

    /// Keys come at once and unseen. Ctrl-C and Ctrl-\ still are signals; Ctrl-Z is a key.
    func enterRaw() {
        var mode = termios()
        guard tcgetattr(descriptor, &mode) == 0 else { return }
        let before = mode
        original.withLock { $0 = $0 ?? before }
        TerminalRescue.remember(descriptor, before)
        cfmakeraw(&mode)
        mode.c_lflag |= tcflag_t(ISIG)
        // Index of VSUSP in c_cc on Linux; 0 disables the character.
        mode.c_cc.10 = 0
        tcsetattr(descriptor, TCSADRAIN, &mode)
    }

    /// As it was before the first `enterRaw`.
    func restore() {
        guard var mode = original.withLock({ $0 }) else { return }
        tcsetattr(descriptor, TCSADRAIN, &mode)
    }

    /// Columns now; 80 when the terminal does not know.
    var columns: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}

/// Restores the terminal when the process dies of a fault of its own.
private enum TerminalRescue {
    // Unsafe: read in a signal handler, where no lock may be taken. Written before the handlers are installed.
    nonisolated(unsafe) private static var descriptor: Int32 = -1
    nonisolated(unsafe) private static var mode = termios()

    static func remember(_ descriptor: Int32, _ mode: termios) {
        guard self.descriptor < 0 else { return }
        self.mode = mode
        self.descriptor = descriptor
        for number in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] {
            signal(number) { number in
                tcsetattr(TerminalRescue.descriptor, TCSANOW, &TerminalRescue.mode)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }
}
