// Asked once for each data directory, before anything is started; never of a program.

internal import Glibc

/// The question whether a person is of age and knows what this is.
public enum ConsentGate {
    /// The name of the marker in the data directory.
    public static let markerName = "adult-confirmed"

    /// True when the person has agreed, now or earlier. Asks on the terminal with whole lines; "yes" is the only
    /// yes, and it is remembered by an empty file at `marker` (its directory must exist).
    public static func pass(marker: String, input: Int32 = 0, output: Int32 = 1) async -> Bool {
        if access(marker, F_OK) == 0 { return true }
        let writer = OutputWriter(output)
        writer.write(Words.consent + "\n" + Words.consentQuestion)
        await writer.flush()
        guard isYes(readLine(from: input)) else {
            writer.write("\n" + Words.consentRefused + "\n")
            await writer.flush()
            return false
        }
        let descriptor = open(marker, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 { close(descriptor) }
        return true
    }

    static func isYes(_ line: String?) -> Bool {
        guard let line else { return false }
        return ["yes", "\"yes\""].contains(String(line.filter { !$0.isWhitespace }).lowercased())
    }

    /// Byte by byte, so that what follows the line is left for the conversation. At most 64 bytes.
    private static func readLine(from descriptor: Int32) -> String? {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 64 {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }
}
