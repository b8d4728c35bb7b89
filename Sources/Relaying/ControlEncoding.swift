// Control messages in bytes.

internal import Wire

/// Encodes control messages. News goes over one link after the other in the same words, so the last push is kept.
struct ControlEncoding {
    private var last: (push: Push, bytes: [UInt8])?

    mutating func of(_ message: Control) -> [UInt8] {
        guard case .push(let push) = message else { return message.encoded() }
        // What is the same lies in the same memory, mostly: the comparison costs next to nothing.
        if let last, last.push == push { return last.bytes }
        let bytes = message.encoded()
        last = (push, bytes)
        return bytes
    }
}
