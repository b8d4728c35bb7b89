// Two nodes with one identity would contradict each other all over the mesh, so one data directory has one node. The
// kernel keeps the lock and gives it back however the process ends; the file's content only says who has it.

internal import Foundation
public import Settings

/// The right to use a data directory, for as long as this lives.
public final class DataLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `data-directory-in-use`, which names the process that has it.
    public init(_ paths: DataPaths) throws(PassantError) {
        let path = paths.lock
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let problem = errno
            throw PassantError(
                code: "lock-not-made", message: "cannot use the data directory \(paths.directory)",
                reason: "opening \(path): \(String(cString: strerror(problem)))",
                remedy: "Check its permissions: ls -ld '\(paths.directory)'",
                exit: problem == EACCES || problem == EPERM ? .noPermission : .cannotCreate)
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let problem = errno
            let holder = Self.process(in: descriptor)
            close(descriptor)
            throw problem == EWOULDBLOCK
                ? Self.inUse(paths, holder)
                : PassantError(
                    code: "lock-failed", message: "cannot lock the data directory \(paths.directory)",
                    reason: String(cString: strerror(problem)),
                    remedy: "Use a directory on a local disk: passant up --data DIR", exit: .cannotCreate)
        }
        self.descriptor = descriptor
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    // Closing gives the lock back. The file stays: removing it would let a third process lock another file of the same
    // name while a second one holds this.
    deinit { close(descriptor) }

    /// The process that has the directory now; nil when no node runs on it.
    public static func holder(_ paths: DataPaths) -> Int32? {
        let descriptor = open(paths.lock, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        return process(in: descriptor) ?? 0
    }

    private static func process(in descriptor: Int32) -> Int32? {
        var text = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &text, text.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: text[..<count].prefix { $0 != 0x0A }, as: UTF8.self))
    }

    private static func inUse(_ paths: DataPaths, _ holder: Int32?) -> PassantError {
        PassantError(
            code: "data-directory-in-use", message: "cannot use the data directory \(paths.directory)",
            reason: holder.map { "a node is running on it, process \($0)" } ?? "a node is running on it",
            remedy: (holder.map { "Stop that one: kill \($0); or choose" } ?? "Choose")
                + " another directory: passant up --data DIR",
            exit: .tryAgain)
    }
}
