// `passant status`, `peers` and the first lines of `up`, for people.

public import ControlAPI
internal import Essentials

/// Plain texts about a node.
public enum StatusText {
    /// Several lines, the first one its health in words.
    public static func status(_ status: NodeStatus) -> String {
        var lines = [health(status), ""]
        lines.append(row("node", "\(status.node), a \(status.role.rawValue) of network \(status.network)"))
        lines.append(row("members", "\(status.members) present, \(count(status.links, "link"))"))
        if let table = learning(status) { lines.append(row("table", table)) }
        let homes = status.homes.map { $0.node + ($0.live ? "" : " (not reachable now)") }
        lines.append(row("homes", homes.isEmpty ? "none" : homes.joined(separator: ", ")))
        lines.append(row("cover", cover(status)))
        if let looking = status.looking { lines.append(row("looking", crowd(looking))) }
        lines.append(row("listening", status.listening.isEmpty ? "no" : status.listening.joined(separator: ", ")))
        if !status.puzzle.solved {
            lines.append(
                row(
                    "puzzle", "being solved, \(percent(status.puzzle.progress)) of the expected work; a leaf until then"
                ))
        }
        for conversation in status.conversations { lines.append(row("meeting", path(conversation))) }
        lines.append(row("version", status.version))
        for warning in status.warnings { lines.append("warning: \(TerminalText.neutralised(warning))") }
        return lines.joined(separator: "\n")
    }

    /// What a node that has just started is still busy with, on one line; nil when with nothing. For a line that is
    /// drawn over again.
    public static func starting(_ status: NodeStatus) -> String? {
        var parts: [String] = []
        if !status.puzzle.solved { parts.append("identity puzzle \(percent(status.puzzle.progress))") }
        if let table = learning(status) { parts.append(table) }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// How far the table's download is; nil when it is not going on.
    private static func learning(_ status: NodeStatus) -> String? {
        guard let progress = status.table.progress, let expected = status.table.expected else { return nil }
        return "learning who is in the mesh, \(status.table.known) of about \(expected) members, \(percent(progress))"
    }

    /// A line for each member; a heading before them.
    public static func peers(_ peers: [PeerStatus], withAddresses: Bool) -> String {
        guard !peers.isEmpty else { return "no other member is known yet" }
        var lines = [
            pad("node", 12) + pad("present", 9) + pad("heartbeat", 11) + pad("link", 10) + pad("reach", 16)
                + (withAddresses ? "addresses" : "")
        ]
        for peer in peers {
            let age = peer.heartbeatAge.map { "\(Int(clamping: Int64(max(0, min($0, 1e9))))) s ago" } ?? "never"
            lines.append(
                pad(peer.node, 12) + pad(peer.present ? "yes" : "no", 9) + pad(age, 11) + pad(peer.link.rawValue, 10)
                    + pad(reach(peer.reach), 16)
                    + (withAddresses ? peer.addresses.joined(separator: " ") : ""))
        }
        return lines.map(trimmed).joined(separator: "\n")
    }

    private static func reach(_ reach: PeerStatus.Reach) -> String {
        switch reach {
        case .reached: "reached"
        case .answersOthers: "answers others"
        case .noAnswer: "no answer"
        case .unknown: "never called"
        }
    }

    /// What `up` says once the node runs.
    public static func started(_ status: NodeStatus) -> String {
        var lines = [
            "passant \(status.version): node \(status.node), a \(status.role.rawValue) of network \(status.network)"
        ]
        lines.append(
            status.listening.isEmpty
                ? "listening to nobody" : "listening on \(status.listening.joined(separator: ", "))")
        if !status.puzzle.solved { lines.append("solving the identity puzzle; a leaf until it is done") }
        lines.append("\(count(status.members, "member")) known")
        lines.append("meet a stranger: passant meet     bring a friend: passant invite     stop: Ctrl-C")
        return lines.joined(separator: "\n")
    }

    private static func health(_ status: NodeStatus) -> String {
        if status.members == 0 { return "alone: no member of the mesh is known" }
        if status.role == .leaf, !status.homes.contains(where: \.live) { return "not ready: no home is reachable" }
        return status.warnings.isEmpty ? "ready" : "ready, with \(count(status.warnings.count, "warning"))"
    }

    private static func cover(_ status: NodeStatus) -> String {
        status.cover >= 3 ? "\(status.cover)" : "none: \(count(status.members, "member"))"
    }

    private static func crowd(_ looking: NodeStatus.Looking) -> String {
        let age = Int(max(0, min(looking.age, 1e9)))
        return "about \(count(looking.estimate, "person", "people")) \(age) s ago, by what keepers signed"
    }

    private static func path(_ conversation: NodeStatus.Conversation) -> String {
        var text = conversation.state
        if let home = conversation.home { text += ", by home \(home)" }
        // Home, relay and door.
        if conversation.cover > 2 { text += ", over a relay" }
        if let door = conversation.door { text += ", door \(door)" }
        return conversation.cover > 0 ? text + ", then a home of the stranger's that is not known" : text
    }

    private static func row(_ name: String, _ text: String) -> String { pad(name, 11) + text }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }

    private static func count(_ number: Int, _ noun: String, _ several: String? = nil) -> String {
        "\(number) \(number == 1 ? noun : several ?? noun + "s")"
    }

    private static func percent(_ share: Double) -> String { "\(Int((min(max(share, 0), 1) * 100).rounded())) %" }
}
