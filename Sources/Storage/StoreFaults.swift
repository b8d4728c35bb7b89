// What SQLite says, in words with a remedy.

internal import GRDB
internal import Settings

/// The errors of one database file.
struct StoreFaults {
    let path: String

    func explain(_ error: any Error) -> PassantError {
        if let error = error as? PassantError { return error }
        guard let error = error as? DatabaseError else {
            return fault(
                "database-failed", "cannot use the database \(path)", "an unexpected error",
                "Try again; if it stays so: passant doctor", .internalFault)
        }
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT: return damaged
        case .SQLITE_FULL:
            return fault(
                "disk-full", "cannot write to \(path)", "the disk is full", "Make room: df -h '\(path)'", .inputOutput)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CANTOPEN:
            return fault(
                "database-not-permitted", "cannot open the database \(path)",
                "this user may not write to it or to its directory", "Check them: ls -la '\(directory)'", .noPermission)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return fault(
                "database-busy", "cannot use the database \(path)", "another process has it open",
                "Find it: fuser '\(path)'; then try again", .tryAgain)
        case .SQLITE_IOERR:
            return fault(
                "database-unreadable", "cannot use the database \(path)", "reading or writing the disk failed",
                "Look at the disk's state: dmesg; then try again", .inputOutput)
        default:
            return fault(
                "database-failed", "cannot use the database \(path)",
                "SQLite answered \(error.resultCode.rawValue)", "Try again; if it stays so: passant doctor",
                .internalFault)
        }
    }

    var damaged: PassantError {
        fault(
            "database-damaged", "the database \(path) is damaged", "its bytes are not what SQLite wrote",
            "Set it aside and start again: mv '\(path)' '\(path).damaged' && rm -f '\(path)-wal' '\(path)-shm'. "
                + "The node's identity is in another file, and the mesh is learned anew from an invite.",
            .badData)
    }

    var foreign: PassantError {
        fault(
            "database-foreign", "cannot use \(path)", "it is a database of another program",
            "Move it away, or choose another directory: passant up --data DIR", .badData)
    }

    func newer(_ version: Int32, known: Int32) -> PassantError {
        fault(
            "database-newer", "cannot use the database \(path)",
            "it has version \(version), written by a newer passant; this one knows versions up to \(known)",
            "Install the newer passant again, or go back to a copy beside it: ls '\(path)'.version-*", .badData)
    }

    private var directory: String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    private func fault(
        _ code: String, _ message: String, _ reason: String, _ remedy: String, _ exit: ExitCode
    ) -> PassantError {
        PassantError(code: code, message: message, reason: reason, remedy: remedy, exit: exit)
    }
}
