// Which process listens on a port, as far as /proc tells this user.

private import Foundation

/// A process that holds a port.
public struct PortHolder: Hashable, Sendable, CustomStringConvertible {
    public let process: Int32
    /// What the process is called, at most 15 characters.
    public let name: String

    public var description: String { name.isEmpty ? "process \(process)" : "process \(process) (\(name))" }

    /// Nil when nobody listens there or when the process belongs to somebody whose files we may not see.
    public static func find(port: Int) -> PortHolder? {
        let sockets = Set(["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeningSockets(in: $0, port: port) })
        guard !sockets.isEmpty else { return nil }
        let files = FileManager.default
        for entry in (try? files.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = Int32(entry) else { continue }
            let folder = "/proc/\(entry)/fd"
            for descriptor in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
                guard let target = try? files.destinationOfSymbolicLink(atPath: "\(folder)/\(descriptor)"),
                    sockets.contains(target)
                else { continue }
                let name = (try? String(contentsOfFile: "/proc/\(entry)/comm", encoding: .utf8)) ?? ""
                return PortHolder(process: process, name: name.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        return nil
    }

    /// As /proc/PID/fd shows them: "socket:[inode]".
    private static func listeningSockets(in table: String, port: Int) -> [String] {
        guard let text = try? String(contentsOfFile: table, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").dropFirst().compactMap { line in
            // sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A",
                let portText = fields[1].split(separator: ":").last, Int(portText, radix: 16) == port
            else { return nil }
            return "socket:[\(fields[9])]"
        }
    }
}
