// Everything that a node holds or says and that somebody could look into: its files, the rows of its database, its log,
// its memory, what it answers and what its person is told.

import Canaries
import Foundation
import GRDB

/// Places to search, by name.
struct NodeTraces {
    private(set) var places: [(name: String, bytes: [UInt8])] = []

    mutating func add(_ name: String, _ text: String) { add(name, Array(text.utf8)) }
    mutating func add(_ name: String, _ bytes: [UInt8]) { places.append((name, bytes)) }

    func sought(_ canaries: [Canary]) -> [Sighting] {
        places.flatMap { canaries.sought(in: $0.bytes, $0.name) }
    }

    /// Every file in the node's directory, as it is on the disk at this moment.
    mutating func addFiles(of node: RunningNode) {
        for name in FileManager.default.subpaths(atPath: node.data)?.sorted() ?? [] {
            guard let data = FileManager.default.contents(atPath: "\(node.data)/\(name)") else { continue }
            places.append(("the file \(name)", [UInt8](data)))
        }
    }

    /// Every value in the database of a node that has ended.
    mutating func addRows(of node: RunningNode) throws {
        for table in try DatabaseRows.tables(of: node) {
            for (index, row) in try DatabaseRows.all(of: node, in: table).enumerated() {
                for (column, value) in row { places.append(("\(table) \(index + 1), \(column)", value)) }
            }
        }
    }
}

extension NodeTraces {
    /// Pairs of places that have 31 bytes or more in a row in common, wherever these stand; of many places with the
    /// same bytes, each with the first one.
    var repetitions: Set<String> {
        var owners: [Piece: Int] = [:]
        for (index, place) in places.enumerated() {
            place.bytes.withUnsafeBytes { bytes in
                // Any 31 bytes in a row contain one of these as a whole.
                for offset in stride(from: 0, through: bytes.count - Piece.size, by: Piece.size) {
                    let piece = Piece(bytes, at: offset)
                    if owners[piece] == nil { owners[piece] = index }
                }
            }
        }
        var pairs: Set<String> = []
        for (index, place) in places.enumerated() {
            place.bytes.withUnsafeBytes { bytes in
                for offset in stride(from: 0, through: bytes.count - Piece.size, by: 1) {
                    guard let owner = owners[Piece(bytes, at: offset)], owner < index else { continue }
                    pairs.insert("\(places[owner].name) (\(owner)) and \(place.name) (\(index)), at \(offset)")
                    return
                }
            }
        }
        return pairs
    }

    /// Sixteen bytes in a row: of ciphertexts and keys, chance does not make the same ones twice.
    private struct Piece: Hashable {
        static let size = 16
        let first: UInt64
        let second: UInt64

        init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
            first = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            second = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        }
    }
}

/// A node's database, read only.
enum DatabaseRows {
    private static func open(_ node: RunningNode) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        return try DatabaseQueue(path: node.data + "/node.sqlite", configuration: configuration)
    }

    static func tables(of node: RunningNode) throws -> [String] {
        try open(node).read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        }
    }

    static func all(of node: RunningNode, in table: String) throws -> [[(String, [UInt8])]] {
        try open(node).read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM \"\(table)\"").map { row in
                row.map { column, value in (column, bytes(of: value)) }
            }
        }
    }

    private static func bytes(of value: DatabaseValue) -> [UInt8] {
        switch value.storage {
        case .null: []
        case .int64(let number): Array(String(number).utf8)
        case .double(let number): Array(String(number).utf8)
        case .string(let text): Array(text.utf8)
        case .blob(let data): [UInt8](data)
        }
    }
}

/// The memory of a running process, as proc(5) shows it to the administrator.
enum ProcessMemory {
    private static let pieceSize = 4 << 20
    /// Pieces overlap by more than the longest canary.
    private static let overlap = 128

    /// Searches all that the process can write to, and says how many bytes that were.
    static func search(_ pid: pid_t, for canaries: [Canary]) throws -> (sightings: [Sighting], searched: Int) {
        let descriptor = open("/proc/\(pid)/mem", O_RDONLY)
        guard descriptor >= 0 else { throw Missing("the memory of \(pid): errno \(errno)") }
        defer { close(descriptor) }
        var sightings: [Sighting] = []
        var searched = 0
        for range in try ranges(of: pid) {
            var start = range.lowerBound
            while start < range.upperBound {
                var piece = [UInt8](repeating: 0, count: min(pieceSize, range.upperBound - start))
                let count = pread(descriptor, &piece, piece.count, start)
                guard count > 0 else { break }
                piece.removeLast(piece.count - count)
                searched += count
                sightings += canaries.sought(in: piece, "memory at \(String(start, radix: 16))")
                guard start + count < range.upperBound else { break }
                start += max(1, count - overlap)
            }
        }
        return (sightings, searched)
    }

    private static func ranges(of pid: pid_t) throws -> [Range<Int>] {
        try String(contentsOfFile: "/proc/\(pid)/maps", encoding: .utf8).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 2)
            guard fields.count > 1, fields[1].hasPrefix("rw") else { return nil }
            let ends = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
            return ends.count == 2 ? ends[0]..<ends[1] : nil
        }
    }
}
