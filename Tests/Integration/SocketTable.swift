// The kernel's own list of TCP connections, and which process holds which.

import Foundation

/// TCP sockets as /proc shows them.
struct SocketTable {
    struct Entry {
        let localPort: Int
        let remotePort: Int
        let isListening: Bool
        let inode: String
    }

    /// The connections of one process.
    static func connections(of pid: pid_t) -> [Entry] {
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []
        let inodes = Set(
            descriptors.compactMap { descriptor -> String? in
                guard
                    let link = try? FileManager.default.destinationOfSymbolicLink(
                        atPath: "/proc/\(pid)/fd/\(descriptor)"),
                    link.hasPrefix("socket:[")
                else { return nil }
                return String(link.dropFirst(8).dropLast())
            })
        return ["tcp", "tcp6"].flatMap { table -> [Entry] in
            return whole("/proc/\(pid)/net/\(table)").split(separator: "\n").dropFirst().compactMap(parse)
        }.filter { inodes.contains($0.inode) }
    }

    /// The text of a file that the kernel makes. Such a file claims to be empty and gives a page at a time, so that
    /// what reads by size, or once, misses most of it.
    private static func whole(_ path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        var data = Data()
        while let piece = try? file.read(upToCount: 65_536), !piece.isEmpty { data += piece }
        return String(decoding: data, as: UTF8.self)
    }

    /// True when some connection of one process ends at the other.
    static func areConnected(_ first: pid_t, _ second: pid_t) -> Bool {
        let mine = connections(of: first)
        let theirs = connections(of: second)
        return mine.contains { own in
            !own.isListening
                && theirs.contains {
                    $0.localPort == own.remotePort && ($0.isListening || $0.remotePort == own.localPort)
                }
        }
    }

    private static func parse(_ line: Substring) -> Entry? {
        let fields = line.split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count > 9, let local = port(fields[1]), let remote = port(fields[2]) else { return nil }
        return Entry(localPort: local, remotePort: remote, isListening: fields[3] == "0A", inode: String(fields[9]))
    }

    private static func port(_ field: Substring) -> Int? {
        field.split(separator: ":").last.flatMap { Int($0, radix: 16) }
    }
}
