// The node's memory in one SQLite file. One process uses it at a time (`DataLock`), one transaction a call, write-ahead
// log: a node that is killed finds all of a call's changes or none.

public import Essentials
internal import Foundation
internal import GRDB
public import Settings

/// Reads and writes what a node remembers. Calls block for the time of the disk: not for an event loop.
public final class NodeStore: Sendable {
    private let queue: DatabaseQueue
    private let path: String
    /// The version the database had when it was opened, when it was an older one.
    public let migratedFrom: Int?

    /// Opens the database, makes it when there is none, and brings an older one up to date after copying it to
    /// `<path>.version-N`.
    /// - Throws: words for people when it is damaged, newer than this program, of another program, or unreachable.
    public convenience init(_ paths: DataPaths) throws(PassantError) {
        try self.init(path: paths.database, migrations: Migration.all)
    }

    init(path: String, migrations: [Migration]) throws(PassantError) {
        self.path = path
        let fault = StoreFaults(path: path)
        try PrivateFile.ensure(path)
        do {
            let migrator = Migrator(migrations: migrations)
            let judgement = try Self.judge(path, by: migrator)
            if case .foreign = judgement { throw fault.foreign }
            if case .newer(let version) = judgement { throw fault.newer(version, known: migrator.newest) }
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.busyMode = .timeout(5)
            configuration.label = "passant.store"
            // What is forgotten is overwritten.
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA secure_delete = ON") }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            if case .older(let version) = judgement {
                try Self.copy(queue, to: "\(path).version-\(version)")
                try migrator.migrate(queue, from: version)
                migratedFrom = Int(version)
            } else {
                if case .new = judgement { try migrator.migrate(queue, from: 0) }
                migratedFrom = nil
            }
        } catch {
            throw fault.explain(error)
        }
    }

    /// Everything remembered.
    public func load() throws(PassantError) -> StoredState {
        do {
            return try queue.read { database in
                var state = StoredState()
                let records = try Row.fetchCursor(
                    database, sql: "SELECT node_key, body, signature, seq, seen_at FROM record ORDER BY node_key")
                while let row = try records.next() {
                    state.records.append(
                        StoredRecord(
                            nodeKey: try row.bytes32(0), body: try row.bytes(1), signature: try row.bytes(2),
                            seq: UInt64(clamping: try row.number(3)),
                            seenAt: WallTime(milliseconds: UInt64(clamping: try row.number(4)))))
                }
                let anchors = try Row.fetchCursor(database, sql: "SELECT node_key FROM anchor ORDER BY place, node_key")
                while let row = try anchors.next() { state.anchors.append(try row.bytes32(0)) }
                let homes = try Row.fetchCursor(
                    database, sql: "SELECT node_key, since FROM home ORDER BY place, node_key")
                while let row = try homes.next() {
                    state.homes.append(
                        StoredHome(
                            nodeKey: try row.bytes32(0),
                            since: WallTime(milliseconds: UInt64(clamping: try row.number(1)))))
                }
                let settings = try Row.fetchCursor(database, sql: "SELECT key, value FROM setting ORDER BY key")
                while let row = try settings.next() { state.settings[try row.text(0)] = try row.bytes(1) }
                return state
            }
        } catch {
            throw StoreFaults(path: path).explain(error)
        }
    }

    /// Makes all changes in one transaction, in order: all of them or, when this throws, none.
    /// - Parameter now: this machine's clock, for `seenAt` and `since`.
    public func apply(_ changes: [StoreChange], at now: WallTime) throws(PassantError) {
        guard !changes.isEmpty else { return }
        do {
            try queue.write { database in
                for change in changes { try Self.apply(change, at: Int64(clamping: now.milliseconds), to: database) }
            }
        } catch {
            throw StoreFaults(path: path).explain(error)
        }
    }

    /// Closes the file; anything afterwards throws. Without it the file is closed when the last reference goes.
    public func close() throws(PassantError) {
        do {
            try queue.close()
        } catch {
            throw StoreFaults(path: path).explain(error)
        }
    }

    // MARK: private

    /// Looks at the file over a connection that only reads: what is not ours stays as it is, down to its journal mode.
    private static func judge(_ path: String, by migrator: Migrator) throws -> Migrator.Judgement {
        let queue = try DatabaseQueue(path: path)
        let judgement = try queue.read { database in
            let answer = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
            guard answer == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
            return try migrator.judge(database)
        }
        try queue.close()
        return judgement
    }

    private static func apply(_ change: StoreChange, at now: Int64, to database: Database) throws {
        switch change {
        case .record(let nodeKey, let body, let signature, let seq):
            try database.execute(
                sql: """
                    INSERT INTO record (node_key, body, signature, seq, seen_at) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (node_key) DO UPDATE SET body = excluded.body, signature = excluded.signature,
                        seq = excluded.seq, seen_at = excluded.seen_at
                    WHERE excluded.seq >= seq
                    """,
                arguments: [Data(nodeKey.bytes), Data(body), Data(signature), Int64(clamping: seq), now])
        case .forget(let nodeKey):
            try database.execute(sql: "DELETE FROM record WHERE node_key = ?", arguments: [Data(nodeKey.bytes)])
        case .anchors(let anchors):
            try database.execute(sql: "DELETE FROM anchor")
            for (place, anchor) in anchors.enumerated() {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO anchor (node_key, place) VALUES (?, ?)",
                    arguments: [Data(anchor.bytes), place])
            }
        case .homes(let homes):
            try replaceHomes(homes, at: now, in: database)
        case .setting(let key, let value?):
            try database.execute(
                sql: "INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)", arguments: [key, Data(value)])
        case .setting(let key, nil):
            try database.execute(sql: "DELETE FROM setting WHERE key = ?", arguments: [key])
        }
    }

    private static func replaceHomes(_ homes: [Bytes32], at now: Int64, in database: Database) throws {
        let kept = Set(homes.map { Data($0.bytes) })
        for old in try Data.fetchAll(database, sql: "SELECT node_key FROM home") where !kept.contains(old) {
            try database.execute(sql: "DELETE FROM home WHERE node_key = ?", arguments: [old])
        }
        for (place, home) in homes.enumerated() {
            try database.execute(
                sql: """
                    INSERT INTO home (node_key, since, place) VALUES (?, ?, ?)
                    ON CONFLICT (node_key) DO UPDATE SET place = excluded.place
                    """,
                arguments: [Data(home.bytes), now, place])
        }
    }

    /// A whole copy under a temporary name first, so that what has the final name is complete.
    private static func copy(_ queue: DatabaseQueue, to path: String) throws {
        let unfinished = path + ".unfinished"
        try? FileManager.default.removeItem(atPath: unfinished)
        try PrivateFile.ensure(unfinished)
        let copy = try DatabaseQueue(path: unfinished)
        try queue.backup(to: copy)
        try copy.close()
        guard rename(unfinished, path) == 0 else { throw DatabaseError(resultCode: .SQLITE_IOERR) }
    }
}

/// Reading without traps, whatever a damaged file holds.
extension Row {
    fileprivate func bytes(_ column: Int) throws -> [UInt8] {
        let value: DatabaseValue = self[column]
        guard case .blob(let data) = value.storage else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        return Array(data)
    }

    fileprivate func bytes32(_ column: Int) throws -> Bytes32 {
        guard let bytes = Bytes32(try bytes(column)) else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        return bytes
    }

    fileprivate func number(_ column: Int) throws -> Int64 {
        let value: DatabaseValue = self[column]
        guard case .int64(let number) = value.storage else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        return number
    }

    fileprivate func text(_ column: Int) throws -> String {
        let value: DatabaseValue = self[column]
        guard case .string(let text) = value.storage else { throw DatabaseError(resultCode: .SQLITE_CORRUPT) }
        return text
    }
}
