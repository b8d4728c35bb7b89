// Directories that hold a node's secrets, or through which it takes orders.

private import Foundation

/// Making and judging directories that only their owner may write to.
public enum PrivateDirectory {
    /// Makes the directory, mode 0700, with its missing parents. One that exists is accepted when nobody else may write
    /// to it; its mode is left alone.
    public static func prepare(_ path: String) throws(PassantError) {
        try make(path)
        let status = try status(of: path)
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw PassantError(
                code: "not-a-directory", message: "cannot use \(path)", reason: "it is not a directory",
                remedy: "Move it away, or choose another: passant up --data DIR", exit: .cannotCreate)
        }
        guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
            throw PassantError(
                code: "directory-writable-by-others", message: "refusing to use \(path)",
                reason: "other users may write to it, so they could replace the node's key",
                remedy: "Close it: chmod go-w '\(path)'", exit: .noPermission)
        }
    }

    /// As `prepare`, for a directory in a place where others may have been first, such as /tmp: it must be a real
    /// directory that belongs to us.
    public static func prepareInSharedPlace(_ path: String) throws(PassantError) {
        try make(path)
        let status = try status(of: path)
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & (S_IWGRP | S_IWOTH) == 0
        else {
            throw PassantError(
                code: "socket-directory-not-ours", message: "refusing to use \(path) for the control socket",
                reason: "it is not a directory that belongs to this user alone",
                remedy: "Set XDG_RUNTIME_DIR, or choose a shorter directory: passant up --data DIR",
                exit: .noPermission)
        }
    }

    private static func make(_ path: String) throws(PassantError) {
        // The parents get the ordinary mode, the directory itself is closed from its first moment.
        let parent = DataPaths.parent(of: path)
        if !parent.isEmpty, parent != "/", access(parent, F_OK) != 0 {
            try? FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        }
        if mkdir(path, 0o700) == 0 { return }
        let problem = errno
        if problem == EEXIST { return }
        throw PassantError(
            code: "directory-not-made", message: "cannot make the directory \(path)",
            reason: String(cString: strerror(problem)),
            remedy: "Check its parent's permissions, or choose another: passant up --data DIR",
            exit: problem == EACCES || problem == EPERM || problem == EROFS ? .noPermission : .cannotCreate)
    }

    /// Of the thing itself, not of what a symbolic link points at; a link is followed only for data directories that
    /// `DataPaths` has resolved already.
    private static func status(of path: String) throws(PassantError) -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw PassantError(
                code: "directory-unreadable", message: "cannot look at \(path)",
                reason: String(cString: strerror(errno)), remedy: "Check its permissions: ls -ld '\(path)'",
                exit: .noPermission)
        }
        return status
    }
}

extension DataPaths {
    /// Makes the data directory and the socket's directory, or says why it may not be used.
    public func prepare() throws(PassantError) {
        try PrivateDirectory.prepare(directory)
        guard socketDirectory != directory else { return }
        try PrivateDirectory.prepareInSharedPlace(socketDirectory)
    }
}
