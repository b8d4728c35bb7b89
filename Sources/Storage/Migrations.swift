// The shapes the database has had. A migration is never changed once it is released; a new shape is a new one.

internal import GRDB

/// One step from a version to the next.
struct Migration: Sendable {
    let version: Int32
    let sql: String

    static let all = [first]

    private static let first = Migration(
        version: 1,
        sql: """
            CREATE TABLE record (
                node_key BLOB NOT NULL PRIMARY KEY CHECK (length(node_key) = 32),
                body BLOB NOT NULL CHECK (length(body) BETWEEN 1 AND 1024),
                signature BLOB NOT NULL CHECK (length(signature) = 64),
                seq INTEGER NOT NULL,
                seen_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE anchor (
                node_key BLOB NOT NULL PRIMARY KEY CHECK (length(node_key) = 32),
                place INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE home (
                node_key BLOB NOT NULL PRIMARY KEY CHECK (length(node_key) = 32),
                since INTEGER NOT NULL,
                place INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE setting (
                key TEXT NOT NULL PRIMARY KEY,
                value BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            """)
}

/// Brings a database to the newest version.
struct Migrator {
    /// "PSNT": tells our databases from other programs'.
    static let applicationID: Int32 = 0x5053_4E54

    let migrations: [Migration]

    var newest: Int32 { migrations.last?.version ?? 0 }

    enum Judgement: Equatable {
        case new
        case current
        case older(Int32)
        case newer(Int32)
        case foreign
    }

    func judge(_ database: Database) throws -> Judgement {
        let version = try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let identifier = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        if version == 0, try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") == 0 { return .new }
        guard identifier == Self.applicationID, version > 0 else { return .foreign }
        if version == newest { return .current }
        return version > newest ? .newer(version) : .older(version)
    }

    /// Each step is one transaction together with its version number: after a crash it was done or it was not, and the
    /// next start goes on from there.
    func migrate(_ queue: DatabaseQueue, from version: Int32) throws {
        for migration in migrations where migration.version > version {
            try queue.write { database in
                try database.execute(sql: migration.sql)
                try database.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
                try database.execute(sql: "PRAGMA user_version = \(migration.version)")
            }
        }
    }
}
