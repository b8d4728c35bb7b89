// The file the control socket is: who may reach it is decided by the file system and by the kernel's word on
// who is at the other end.

internal import Glibc

/// Where a control socket lives, and whether it is safe there.
enum SocketFile {
    /// What fits into `sockaddr_un` with its final zero.
    static let pathMaximum = 107

    /// Makes the directory (0700) when it is missing, and refuses a place where others could put a socket of
    /// their own, or a path that is too long.
    static func prepare(_ path: String) throws(ControlError) {
        guard path.utf8.count <= pathMaximum else {
            throw ControlError(
                code: "path-too-long", message: "the control socket cannot be made at \(path)",
                reason: "a socket's path has at most \(pathMaximum) bytes, this one has \(path.utf8.count)",
                remedy: "choose a shorter directory: --data DIR", exitCode: ExitStatus.cannotCreate)
        }
        let directory = self.directory(of: path)
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw cannotCreate(path, "making \(directory) failed: \(lastError())")
        }
        var information = stat()
        guard stat(directory, &information) == 0 else { throw cannotCreate(path, "\(directory): \(lastError())") }
        guard information.st_mode & S_IFMT == S_IFDIR else { throw cannotCreate(path, "\(directory) is no directory") }
        guard information.st_uid == geteuid() else {
            throw unsafePlace(directory, "it belongs to another user")
        }
        guard information.st_mode & 0o022 == 0 else {
            throw unsafePlace(directory, "others may write in it", remedy: "chmod go-w \(directory)")
        }
    }

    /// Only this user may connect.
    static func restrict(_ path: String) throws(ControlError) {
        guard chmod(path, 0o600) == 0 else { throw cannotCreate(path, lastError()) }
    }

    /// Removes what a node that is gone left behind. Anything but a socket stays.
    static func removeStale(_ path: String) throws(ControlError) {
        var information = stat()
        guard lstat(path, &information) == 0 else { return }
        guard information.st_mode & S_IFMT == S_IFSOCK else {
            throw cannotCreate(path, "something else is there already")
        }
        guard unlink(path) == 0 || errno == ENOENT else { throw cannotCreate(path, lastError()) }
    }

    /// Names one file across renames and replacements: device and inode. Nil when there is none.
    static func identity(_ path: String) -> [UInt64]? {
        var information = stat()
        guard lstat(path, &information) == 0 else { return nil }
        return [UInt64(information.st_dev), UInt64(information.st_ino)]
    }

    /// Removes the file if it still is the one of that identity.
    static func remove(_ path: String, ifStill identity: [UInt64]?) {
        guard let identity, self.identity(path) == identity else { return }
        unlink(path)
    }

    static func cannotCreate(_ path: String, _ reason: String) -> ControlError {
        ControlError(
            code: "cannot-create-socket", message: "the control socket cannot be made at \(path)", reason: reason,
            remedy: "choose another directory: --data DIR", exitCode: ExitStatus.cannotCreate)
    }

    private static func unsafePlace(_ directory: String, _ reason: String, remedy: String? = nil) -> ControlError {
        ControlError(
            code: "unsafe-directory", message: "\(directory) is no safe place for the control socket", reason: reason,
            remedy: remedy ?? "choose a directory of your own: --data DIR", exitCode: ExitStatus.permission)
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func lastError() -> String { String(cString: strerror(errno)) }
}

/// What the kernel says about the process at the other end of a unix socket: `struct ucred` of unix(7).
struct PeerCredentials: Sendable {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0

    static let socketOption = SO_PEERCRED
    static var ownUser: UInt32 { geteuid() }
    /// May do everything on this machine anyway.
    static let administrator: UInt32 = 0
}
