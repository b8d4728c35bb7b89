// What a person likes to talk about, kept for the next time: only when they ask for it, and in a file that only they can read.

import ControlAPI
import Foundation
import Settings

/// The file of remembered interests and languages.
struct RememberedWish {
    private let path: String
    private static let sizeMaximum = 16_384

    init(_ paths: DataPaths) { path = paths.remembered }

    /// Nil when there is none, or none that can be read.
    func read() -> MeetWish? {
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.read(upToCount: Self.sizeMaximum),
            let json = try? JSON(parsing: Array(bytes))
        else { return nil }
        return try? MeetWish(json: json)
    }

    func write(_ wish: MeetWish) throws {
        var kept = MeetWish()
        kept.interests = wish.interests
        kept.languages = wish.languages
        let url = URL(fileURLWithPath: path)
        try? FileManager.default.removeItem(at: url)
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(kept.json.text.utf8), attributes: [.posixPermissions: 0o600])
        else {
            throw ControlError(
                code: "remembering-failed", message: "cannot write \(path)", reason: "the file could not be made",
                remedy: "look at the directory: ls -ld \(path)", exitCode: ExitStatus.cannotCreate)
        }
    }

    func forget() { try? FileManager.default.removeItem(atPath: path) }
}
