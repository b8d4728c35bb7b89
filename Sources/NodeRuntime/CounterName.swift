// What the engines count under their own names, as the counter board and metrics call it.

/// Names of counters.
enum CounterName {
    /// `relaying.handshakesFailed` becomes `passant_relaying_handshakes_failed_total`.
    static func make(_ name: String) -> String {
        var words = "passant_"
        for scalar in name.unicodeScalars {
            switch scalar {
            case ".": words += "_"
            case "A"..."Z": words += "_" + String(scalar).lowercased()
            default: words.unicodeScalars.append(scalar)
            }
        }
        return words + "_total"
    }
}
