// A child process with pipes, by posix_spawn(3) and a thread that waits for it.
//
// Foundation's Process ties a child to the run loop of the thread that starts it. A task's thread comes from a pool and
// ends when the pool has no use for it, whatever children it started; a test program that starts thousands crashed in
// there now and then.

internal import Foundation
public import Glibc
import Synchronization

public final class ChildProcess: Sendable {
    /// What could not be done, and why (errno(3)).
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        init(_ what: String, _ code: Int32) { description = "\(what): \(String(cString: strerror(code)))" }
    }

    public let pid: pid_t
    private let input: Mutex<Int32?>
    /// How it ended. Whoever looks here holds the lock in which it is reaped, so that a signal never reaches another
    /// process that has its number by then.
    private let end = Mutex<Int32?>(nil)
    private let unread: Mutex<Int>

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: the first one is the program's path.
    ///   - environment: if not this process's own.
    ///   - output, errors: are called with what it writes, each on a thread of its own, in order. They may be the same
    ///     place, but must bear both threads then.
    /// - Throws: `Failure` when there are no pipes left or there is no such program.
    public init(
        _ arguments: [String], environment: [String: String]? = nil,
        output: @escaping @Sendable (ArraySlice<UInt8>) -> Void,
        errors: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) throws(Failure) {
        // Else writing to one that has ended would end this process.
        Glibc.signal(SIGPIPE, SIG_IGN)
        var pipes: [(read: Int32, write: Int32)] = []
        do {
            for _ in 0..<3 { pipes.append(try Self.pipe()) }
            pid = try Self.spawn(
                arguments, environment ?? ProcessInfo.processInfo.environment,
                [pipes[0].read, pipes[1].write, pipes[2].write])
        } catch {
            for pipe in pipes {
                close(pipe.read)
                close(pipe.write)
            }
            throw error
        }
        for descriptor in [pipes[0].read, pipes[1].write, pipes[2].write] { close(descriptor) }
        input = Mutex(pipes[0].write)
        unread = Mutex(2)
        read(pipes[1].read, output)
        read(pipes[2].read, errors)
        Thread.detachNewThread { [self] in wait() }
    }

    public var isRunning: Bool { status == nil }

    /// How it ended, if it has: its own exit status, or 128 and the number of the signal that ended it.
    public var status: Int32? { end.withLock { $0 } }

    /// True once it and all that it started have closed their outputs, and everything written was given on.
    public var isReadToItsEnd: Bool { unread.withLock { $0 == 0 } }

    public func signal(_ number: Int32) { end.withLock { if $0 == nil { kill(pid, number) } } }

    /// Writes to its standard input. It may have ended, or closed that: then nothing happens.
    public func write(_ bytes: [UInt8]) {
        input.withLock { descriptor in
            guard let descriptor else { return }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }

    public func closeInput() {
        input.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }

    /// Ends it for good, and waits until it has ended.
    public func stop() {
        signal(SIGCONT)
        signal(SIGKILL)
        while isRunning { usleep(1_000) }
        closeInput()
    }
}

/// Functions of the system library that Swift's Glibc module does not show.
private enum GNU {
    typealias Pipe2 = @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32
    typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    static let pipe2 = unsafeBitCast(dlsym(nil, "pipe2"), to: Pipe2.self)
    static let closeFrom = unsafeBitCast(dlsym(nil, "posix_spawn_file_actions_addclosefrom_np"), to: CloseFrom.self)
}

extension ChildProcess {
    /// Both ends are closed in every other child that is started meanwhile.
    private static func pipe() throws(Failure) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard GNU.pipe2(&ends, O_CLOEXEC) == 0 else { throw Failure("a pipe", errno) }
        return (ends[0], ends[1])
    }

    /// - Parameter standards: what it gets as standard input, output and errors.
    private static func spawn(
        _ arguments: [String], _ environment: [String: String], _ standards: [Int32]
    ) throws(Failure) -> pid_t {
        guard let path = arguments.first else { throw Failure("a program", ENOENT) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in standards.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        // Nothing else that is open here: a lock or a socket of this process is none of its.
        _ = GNU.closeFrom(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let words = arguments.map { strdup($0) } + [nil]
        let settings = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + settings { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, words, settings)
        guard code == 0 else { throw Failure(path, code) }
        return pid
    }

    private func read(_ descriptor: Int32, _ take: @escaping @Sendable (ArraySlice<UInt8>) -> Void) {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                take(buffer[..<count])
            }
            close(descriptor)
            unread.withLock { $0 -= 1 }
        }
    }

    private func wait() {
        var information = siginfo_t()
        // It stays a zombie, whose number nobody else gets, until its status is kept.
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        end.withLock { end in
            var word: Int32 = 0
            waitpid(pid, &word, 0)
            // The macros of wait(2) are not in Swift: a signal in the low seven bits, an exit status above them.
            end = word & 0x7F == 0 ? (word >> 8) & 0xFF : 128 + (word & 0x7F)
        }
    }
}

extension ChildProcess {
    /// Runs a program to its end.
    ///
    /// - Returns: its status as in `status`, and what it wrote to either output.
    public static func run(_ arguments: [String]) throws(Failure) -> (status: Int32, text: String) {
        let written = Written()
        let child = try ChildProcess(arguments, output: written.add, errors: written.add)
        child.closeInput()
        while child.isRunning || !child.isReadToItsEnd { usleep(500) }
        return (child.status ?? -1, written.text)
    }

    private final class Written: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        func add(_ more: ArraySlice<UInt8>) { bytes.withLock { $0 += more } }
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    }
}
