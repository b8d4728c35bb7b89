// How a command says that it failed: three lines for people (what, why, what next), one JSON line for programs,
// both on the standard error, and an exit code of sysexits(3).

import ArgumentParser
import ControlAPI
import Foundation
import Settings

/// An error on its way out.
enum Failure {
    /// Says the error and ends the process.
    static func end(with error: any Error, asJSON: Bool) -> Never {
        if let known = described(error) {
            say(known, asJSON: asJSON)
            exit(code: known.exitCode)
        }
        let code = Passant.exitCode(for: error)
        if code.isSuccess || error is ArgumentParser.ExitCode {
            // Help, a version, or a command that has said everything itself.
            let message = Passant.fullMessage(for: error)
            if !message.isEmpty { print(message) }
        } else if asJSON {
            let usage = ControlError(
                code: "usage", message: Passant.message(for: error), remedy: "see: passant help",
                exitCode: ExitStatus.usage)
            say(usage, asJSON: true)
        } else {
            complain(Passant.fullMessage(for: error))
        }
        exit(code: code.rawValue)
    }

    /// Says the error and goes on.
    static func say(_ error: ControlError, asJSON: Bool) {
        if asJSON {
            let json: JSON = ["error": error.json]
            return complain(json.text)
        }
        var lines = ["error: \(error.message)"]
        if !error.reason.isEmpty { lines.append("  why:  \(error.reason)") }
        if !error.remedy.isEmpty { lines.append("  next: \(error.remedy)") }
        complain(lines.joined(separator: "\n"))
    }

    /// Writes to the standard error.
    static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// The errors that know their own words.
    static func described(_ error: any Error) -> ControlError? {
        switch error {
        case let error as ControlError: error
        case let error as PassantError:
            ControlError(
                code: error.code, message: error.message, reason: error.reason, remedy: error.remedy,
                exitCode: error.exitCode)
        default: nil
        }
    }

    /// Ends the process with everything written.
    static func exit(code: Int32) -> Never {
        fflush(nil)
        Foundation.exit(code)
    }
}
