// What a node is busy with after its start, on one line of the terminal that is drawn over until it is done.

import ControlAPI
import Foundation
import TerminalFace

/// Shows the progress of a node's first minutes on standard error, where that is a terminal.
enum StartingLine {
    private static let interval = Duration.seconds(1)
    /// So many looks without anything to show are the end, or the mesh has not answered for so long that it will not soon.
    private static let quietAfterwards = 3
    private static let quietBefore = 120

    /// Returns when there is nothing to show any more. Cancelling it clears the line.
    static func show(_ service: any ControlService) async {
        guard isatty(STDERR_FILENO) == 1 else { return }
        var quiet = 0
        var hasShown = false
        while !Task.isCancelled, quiet < (hasShown ? quietAfterwards : quietBefore) {
            if let status = try? await service.status(), let text = StatusText.starting(status) {
                draw(text)
                (quiet, hasShown) = (0, true)
            } else {
                if hasShown, quiet == 0 { draw("") }
                quiet += 1
            }
            try? await Task.sleep(for: interval)
        }
        if hasShown { draw("") }
    }

    private static func draw(_ text: String) {
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
    }
}
