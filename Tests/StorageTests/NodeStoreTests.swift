import Essentials
import Foundation
import GRDB
import Settings
@testable import Storage
import Testing

func key(_ number: UInt64) -> Bytes32 {
    let last = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
    return Bytes32([UInt8](repeating: 0, count: 24) + last) ?? .zero
}

func recordChange(_ number: UInt64, seq: UInt64, body: [UInt8] = [1, 2, 3]) -> StoreChange {
    .record(nodeKey: key(number), body: body, signature: [UInt8](repeating: 7, count: 64), seq: seq)
}

@Suite("The node's memory", .timeLimit(.minutes(1)))
struct NodeStoreTests {
    let noon = WallTime(milliseconds: 1_790_000_000_000)

    @Test("what was stored is there after closing and opening")
    func roundTrip() throws {
        let scratch = try Scratch()
        let store = try NodeStore(try scratch.paths)
        #expect(try store.load() == StoredState())
        try store.apply(
            [
                recordChange(2, seq: 5), recordChange(1, seq: 9, body: [UInt8](repeating: 9, count: 1_024)),
                .anchors([key(2), key(1)]), .homes([key(1), key(2)]), .setting(key: "puzzle", value: [4, 5]),
                .setting(key: "empty", value: []),
            ], at: noon)
        try store.close()
        let state = try NodeStore(try scratch.paths).load()
        #expect(state.records.map(\.nodeKey) == [key(1), key(2)])
        #expect(state.records[1].seq == 5 && state.records[1].body == [1, 2, 3] && state.records[1].seenAt == noon)
        #expect(state.anchors == [key(2), key(1)])
        #expect(state.homes == [StoredHome(nodeKey: key(1), since: noon), StoredHome(nodeKey: key(2), since: noon)])
        #expect(state.settings == ["puzzle": [4, 5], "empty": []])
    }

    @Test("an older record never takes the place of a newer one")
    func newerStays() throws {
        let scratch = try Scratch()
        let store = try NodeStore(try scratch.paths)
        try store.apply([recordChange(1, seq: 9, body: [9]), recordChange(1, seq: 8, body: [8])], at: noon)
        #expect(try store.load().records.map(\.body) == [[9]])
        try store.apply([recordChange(1, seq: 10, body: [10])], at: noon + .seconds(1))
        #expect(try store.load().records.map(\.body) == [[10]])
        #expect(try store.load().records.first?.seenAt == noon + .seconds(1))
        try store.apply(
            [.forget(nodeKey: key(1)), .setting(key: "a", value: [1]), .setting(key: "a", value: nil)], at: noon)
        #expect(try store.load() == StoredState())
    }

    @Test("a home that stays keeps the time since when it is one")
    func sticky() throws {
        let scratch = try Scratch()
        let store = try NodeStore(try scratch.paths)
        try store.apply([.homes([key(1), key(2)])], at: noon)
        try store.apply([.homes([key(3), key(2)])], at: noon + .hours(1))
        #expect(
            try store.load().homes == [
                StoredHome(nodeKey: key(3), since: noon + .hours(1)), StoredHome(nodeKey: key(2), since: noon),
            ])
        try store.apply([.homes([])], at: noon)
        #expect(try store.load().homes.isEmpty)
    }

    @Test("changes that cannot all be made are not made at all")
    func allOrNothing() throws {
        let scratch = try Scratch()
        let store = try NodeStore(try scratch.paths)
        for bad in [
            recordChange(2, seq: 1, body: []), recordChange(2, seq: 1, body: [UInt8](repeating: 0, count: 1_025)),
            .record(nodeKey: key(2), body: [1], signature: [1], seq: 1),
        ] {
            #expect(throws: PassantError.self) { try store.apply([recordChange(1, seq: 1), bad], at: noon) }
        }
        #expect(try store.load().records.isEmpty)
        #expect(throws: PassantError.self) {
            try store.close()
            try store.apply([recordChange(1, seq: 1)], at: noon)
        }
    }

    @Test("numbers at the ends of their types are stored as well as they can be")
    func extremes() throws {
        let scratch = try Scratch()
        let store = try NodeStore(try scratch.paths)
        try store.apply([recordChange(1, seq: .max)], at: WallTime(milliseconds: .max))
        #expect(try store.load().records.first?.seq == UInt64(Int64.max))
        #expect(try store.load().records.first?.seenAt.milliseconds == UInt64(Int64.max))
    }

    @Test("only the owner may read the files, whatever the umask")
    func modes() throws {
        let scratch = try Scratch()
        let store = try NodeStore(try scratch.paths)
        try store.apply([recordChange(1, seq: 1)], at: noon)
        #expect(scratch.names == ["node.sqlite", "node.sqlite-shm", "node.sqlite-wal"])
        for name in scratch.names { #expect(scratch.mode(name) == 0o600, "\(name)") }
    }

    @Test("a node killed in the middle of writing finds all of its last call or nothing of it")
    func killed() async throws {
        let scratch = try Scratch()
        let path = scratch.path
        for delay in [3_000, 9_000, 17_000] as [UInt32] {
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, delay = delay as UInt32] in
                let store = try NodeStore(try DataPaths(data: path, environment: [:]))
                Thread.detachNewThread {
                    usleep(delay)
                    kill(getpid(), SIGKILL)
                }
                // From where the one before was killed.
                let start = try store.load().records.first?.seq ?? 0
                for round in (start + 1)... {
                    // Forty records of one round belong together.
                    let mark = [UInt8(truncatingIfNeeded: round)]
                    let changes = (0..<40).map { recordChange($0, seq: round, body: mark) }
                    try store.apply(
                        changes + [.setting(key: "round", value: mark)], at: WallTime(milliseconds: round))
                }
            }
            let state = try NodeStore(try scratch.paths).load()
            #expect(Set(state.records.map(\.seq)).count <= 1, "\(delay)")
            #expect(state.records.isEmpty || state.records.count == 40)
            if let first = state.records.first { #expect(state.settings["round"] == first.body) }
        }
    }
}

@Suite("A database that is not as it should be", .timeLimit(.minutes(1)))
struct DamageTests {
    let noon = WallTime(milliseconds: 1_790_000_000_000)

    private func code(_ scratch: Scratch) throws -> String? {
        do {
            _ = try NodeStore(try scratch.paths).load()
            return nil
        } catch let error as PassantError {
            #expect(!error.reason.isEmpty && !error.remedy.isEmpty && error.exitCode >= 64)
            return error.code
        }
    }

    @Test("bytes that are no database are an error with the commands to go on")
    func garbage() throws {
        let scratch = try Scratch()
        try scratch.write([UInt8](repeating: 0x41, count: 5_000), to: "node.sqlite")
        let error = #expect(throws: PassantError.self) { try NodeStore(try scratch.paths) }
        #expect(error?.code == "database-damaged" && error?.exitCode == 65)
        let path = try scratch.paths.database
        #expect(error?.remedy.contains("mv '\(path)' '\(path).damaged'") == true)
    }

    @Test("flipped bytes anywhere end in an error or in readable data, never in a crash")
    func flipped() throws {
        let scratch = try Scratch()
        var store: NodeStore? = try NodeStore(try scratch.paths)
        try store?.apply(
            (0..<120).map { recordChange($0, seq: $0, body: [UInt8](repeating: UInt8($0), count: 300)) }
                + [.homes([key(1)]), .setting(key: "a", value: [1])], at: noon)
        try store?.close()
        store = nil
        let whole = try scratch.bytes("node.sqlite")
        var random = SeededGenerator(seed: 7)
        var found = 0
        for _ in 0..<150 {
            var bytes = whole
            for _ in 0..<8 {
                bytes[Int(random.next() % UInt64(bytes.count))] ^= UInt8(truncatingIfNeeded: random.next() | 1)
            }
            for name in scratch.names { unlink(scratch.file(name)) }
            try scratch.write(bytes, to: "node.sqlite")
            do {
                let store = try NodeStore(try scratch.paths)
                let state = try store.load()
                #expect(state.records.count <= 121)
                try store.apply([recordChange(500, seq: 1)], at: noon)
            } catch let error as PassantError {
                found += 1
                #expect(!error.remedy.isEmpty)
            }
        }
        // Most damage must be noticed; flipped bits inside a body are the signature's business.
        #expect(found > 20, "\(found)")
    }

    @Test("a file cut short is damaged")
    func truncated() throws {
        let scratch = try Scratch()
        let store = try NodeStore(try scratch.paths)
        try store.apply((0..<200).map { recordChange($0, seq: 1, body: [UInt8](repeating: 1, count: 900)) }, at: noon)
        try store.close()
        let whole = try scratch.bytes("node.sqlite")
        try scratch.write(whole.prefix(whole.count / 2), to: "node.sqlite")
        #expect(try code(scratch) == "database-damaged")
    }

    @Test("a database of a newer passant is refused with its version, and left as it is")
    func newer() throws {
        let scratch = try Scratch()
        let future = Migration.all + [Migration(version: 2, sql: "CREATE TABLE later (x INTEGER) STRICT")]
        let path = try scratch.paths.database
        try NodeStore(path: path, migrations: future).close()
        let before = try scratch.bytes("node.sqlite")
        let error = #expect(throws: PassantError.self) { try NodeStore(try scratch.paths) }
        #expect(error?.code == "database-newer")
        #expect(error?.reason.contains("version 2") == true && error?.reason.contains("up to 1") == true)
        #expect(try scratch.bytes("node.sqlite") == before)
    }

    @Test("another program's database is refused and left as it is")
    func foreign() throws {
        let scratch = try Scratch()
        let queue = try DatabaseQueue(path: try scratch.paths.database)
        try queue.write { try $0.execute(sql: "CREATE TABLE song (title TEXT)") }
        try queue.close()
        let before = try scratch.bytes("node.sqlite")
        #expect(try code(scratch) == "database-foreign")
        #expect(try scratch.bytes("node.sqlite") == before)
        let tables = try DatabaseQueue(path: try scratch.paths.database).read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_master")
        }
        #expect(tables == ["song"])
    }

    @Test("an older database is copied, then brought up to date, and keeps what it had")
    func migrated() throws {
        let scratch = try Scratch()
        let path = try scratch.paths.database
        let old = try NodeStore(try scratch.paths)
        try old.apply([recordChange(1, seq: 1)], at: noon)
        try old.close()
        let next =
            Migration.all + [
                Migration(version: 2, sql: "ALTER TABLE home ADD COLUMN kind INTEGER NOT NULL DEFAULT 0"),
                Migration(version: 3, sql: "CREATE TABLE later (x INTEGER) STRICT"),
            ]
        let new = try NodeStore(path: path, migrations: next)
        #expect(new.migratedFrom == 1)
        #expect(try new.load().records.count == 1)
        try new.close()
        #expect(try NodeStore(path: path, migrations: next).migratedFrom == nil)
        // The copy is a whole database of the old version, closed to others.
        #expect(scratch.mode("node.sqlite.version-1") == 0o600)
        let copy = try NodeStore(path: path + ".version-1", migrations: Migration.all)
        #expect(try copy.load().records.count == 1 && copy.migratedFrom == nil)
    }

    @Test("a migration that fails leaves the steps before it, and the next start goes on from there")
    func interrupted() throws {
        let scratch = try Scratch()
        let path = try scratch.paths.database
        try NodeStore(try scratch.paths).close()
        let second = Migration(version: 2, sql: "CREATE TABLE later (x INTEGER) STRICT")
        let broken = Migration(version: 3, sql: "CREATE TABLE last (x INTEGER) STRICT; CREATE NONSENSE")
        #expect(throws: PassantError.self) { try NodeStore(path: path, migrations: Migration.all + [second, broken]) }
        let mended = Migration(version: 3, sql: "CREATE TABLE last (x INTEGER) STRICT")
        let store = try NodeStore(path: path, migrations: Migration.all + [second, mended])
        #expect(store.migratedFrom == 2)
    }

    @Test("a directory that cannot be written to is a matter of permissions")
    func notPermitted() async throws {
        let scratch = try Scratch()
        try NodeStore(try scratch.paths).close()
        guard getuid() == 0 else {
            chmod(scratch.path, 0o500)
            defer { chmod(scratch.path, 0o700) }
            chmod(scratch.file("node.sqlite"), 0o400)
            #expect(try code(scratch) == "file-not-permitted")
            return
        }
        // Root may do everything, so somebody else tries.
        let path = scratch.path
        chmod(path, 0o755)
        await #expect(processExitsWith: .success) { [path = path as String] in
            try #require(setuid(65_534) == 0)
            let error = #expect(throws: PassantError.self) {
                try NodeStore(try DataPaths(data: path, environment: [:]))
            }
            try #require(error?.code == "file-not-permitted" && error?.exitCode == 77)
            exit(0)
        }
    }
}
