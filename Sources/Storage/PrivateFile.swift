// Files that only their owner may read: made so from their first moment, and judged before they are read.

internal import Foundation
internal import Settings

/// Reading, writing and making private files.
enum PrivateFile {
    /// Makes an empty file of mode 0600 when there is none. What SQLite makes beside it takes over the mode.
    static func ensure(_ path: String) throws(PassantError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw unreachable(path, errno) }
        close(descriptor)
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func remove(_ path: String) { unlink(path) }

    /// Reads a file that nobody else may read; the caller wipes what it gets.
    /// - Parameter what: what the file is, for the error.
    static func read(_ path: String, what: String, atMost maximum: Int) throws(PassantError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreachable(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreachable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw PassantError(
                code: "not-a-file", message: "cannot read \(path)", reason: "it is not a regular file",
                remedy: "Look at it: ls -ld '\(path)'", exit: .badData)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw PassantError(
                code: "file-open-to-others", message: "refusing to use \(what) in \(path)",
                reason: "other users may read or change it", remedy: "Close it: chmod 600 '\(path)'",
                exit: .noPermission)
        }
        var bytes = [UInt8](repeating: 0, count: maximum + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Foundation.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                wipe(&bytes)
                throw unreachable(path, errno)
            }
            if count == 0 { break }
            filled += count
        }
        let content = Array(bytes[..<filled])
        wipe(&bytes)
        return content
    }

    /// Writes the whole file under a temporary name, waits for the disk, and only then gives it its name.
    /// - Parameter replacing: false fails with `file-exists` rather than touch what is there.
    static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws(PassantError) {
        let temporary = unfinished(path)
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unreachable(path, errno) }
        defer { unlink(temporary) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Foundation.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let problem = errno
                close(descriptor)
                throw unreachable(path, problem)
            }
            written += count
        }
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0, close(descriptor) == 0 else {
            throw unreachable(path, errno)
        }
        if replacing {
            guard rename(temporary, path) == 0 else { throw unreachable(path, errno) }
        } else {
            try claim(path, for: temporary)
        }
        let directory = open(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    /// What a writer that was killed may have left behind; the next one removes it.
    static func unfinished(_ path: String) -> String { path + ".unfinished" }

    /// Gives the file its name unless something has that name.
    private static func claim(_ path: String, for temporary: String) throws(PassantError) {
        // A link, unlike a renaming, never replaces anything.
        if link(temporary, path) == 0 { return }
        let problem = errno
        guard problem == EPERM || problem == ENOTSUP || problem == ENOSYS else { throw unreachable(path, problem) }
        // A file system without links: an empty file takes the name first.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unreachable(path, errno) }
        close(descriptor)
        guard rename(temporary, path) == 0 else { throw unreachable(path, errno) }
    }

    static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) }
        }
    }

    static func unreachable(_ path: String, _ problem: Int32) -> PassantError {
        switch problem {
        case EACCES, EPERM, EROFS:
            PassantError(
                code: "file-not-permitted", message: "cannot open \(path)",
                reason: "this user has no permission", remedy: "Check who owns it: ls -l '\(path)'",
                exit: .noPermission)
        case ENOENT:
            PassantError(
                code: "file-missing", message: "cannot open \(path)", reason: "there is no such file or directory",
                remedy: "Check the path: ls -l '\(path)'", exit: .cannotCreate)
        case EEXIST:
            PassantError(
                code: "file-exists", message: "will not overwrite \(path)", reason: "the file is there already",
                remedy: "Move it away first: mv '\(path)' '\(path).old'", exit: .cannotCreate)
        case ENOSPC, EDQUOT:
            PassantError(
                code: "disk-full", message: "cannot write \(path)", reason: "the disk is full",
                remedy: "Make room: df -h '\(path)'", exit: .inputOutput)
        default:
            PassantError(
                code: "file-failed", message: "cannot use \(path)", reason: String(cString: strerror(problem)),
                remedy: "Look at it: ls -l '\(path)'", exit: .inputOutput)
        }
    }
}
