// What a node keeps on disk, behind one door: the lock, the identity, the database. Writing happens on a thread of its own, in
// order, several changes a transaction. Of conversations only what a person asked for comes here.

internal import Dispatch
internal import Essentials
internal import Foundation
internal import Identity
internal import NIOConcurrencyHelpers
internal import NodeEngine
internal import Observability
internal import Settings
internal import Sodium
internal import Storage
internal import Wire

/// The open data directory of a running node.
final class NodeMemory: Sendable {
    let identity: Owned<NodeIdentity>
    let nodeKey: NodeKey
    let restored: RestoredState
    let invites: [String]
    let logs: ConversationLogs

    private let lock: DataLock
    private let store: NodeStore
    private let queue = DispatchQueue(label: "passant.memory")
    private let pending = NIOLockedValueBox<[StoreChange]>([])
    private let log: NodeLog

    private enum Key {
        static let puzzle = "puzzle"
        static let lastSeq = "last-seq"
        static let invites = "invites"
        static let network = "network"
        /// Before a friend's name.
        static let friend = "friend/"
    }

    /// Opens the data directory, and makes an identity when there is none.
    static func open(_ options: NodeOptions, network: String, log: NodeLog) throws(PassantError) -> NodeMemory {
        let paths = options.paths
        try paths.prepare()
        let lock = try DataLock(paths)
        let passphrase: [UInt8]? =
            if let file = options.passphraseFile { try KeyFile.passphrase(inFile: file) } else { nil }
        let identity = try Self.identity(in: paths, passphrase: passphrase, log: log)
        let store = try NodeStore(paths)
        if let version = store.migratedFrom { log.write(.databaseMigrated(from: version, to: version + 1)) }
        let state = try store.load()
        try Self.checkNetwork(state, is: network, paths)
        let memory = NodeMemory(
            identity: identity, state: state, lock: lock, store: store, logs: ConversationLogs(directory: paths.logs),
            log: log)
        memory.write(.setting(key: Key.network, value: Array(network.utf8)))
        log.write(.stateRestored(records: memory.restored.records.count))
        return memory
    }

    /// The network that a data directory belongs to, as far as it was ever used.
    static func network(of paths: DataPaths) throws(PassantError) -> String? {
        guard FileManager.default.fileExists(atPath: paths.database) else { return nil }
        return try network(in: NodeStore(paths).load())
    }

    private static func network(in state: StoredState) -> String? {
        state.settings[Key.network].map { String(decoding: $0, as: UTF8.self) }
    }

    private init(
        identity: consuming NodeIdentity, state: StoredState, lock: DataLock, store: NodeStore, logs: ConversationLogs,
        log: NodeLog
    ) {
        nodeKey = identity.nodeKey
        self.identity = Owned(identity)
        self.lock = lock
        self.store = store
        self.logs = logs
        self.log = log
        restored = RestoredState(
            records: state.records.compactMap { try? Signed(body: $0.body, signature: $0.signature) },
            homes: state.homes.map(\.nodeKey), anchors: state.anchors,
            puzzle: state.settings[Key.puzzle].flatMap { try? PuzzleSolution(decoding: $0) },
            lastSeq: state.settings[Key.lastSeq].flatMap { UInt64(String(decoding: $0, as: UTF8.self)) } ?? 0,
            friends: Self.friends(in: state))
        invites =
            state.settings[Key.invites].map {
                String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init)
            } ?? []
    }

    private static func identity(
        in paths: DataPaths, passphrase: [UInt8]?, log: NodeLog
    ) throws(PassantError) -> NodeIdentity {
        let file = KeyFile(paths)
        guard file.exists else {
            var random = RandomStream(seed: SystemEntropy.seed())
            let identity = NodeIdentity.generate(using: &random)
            try file.create(identity.encodedSecret(), passphrase: passphrase, using: &random)
            log.write(.identityMade)
            return identity
        }
        let secret = try file.read(passphrase: passphrase)
        do {
            return try NodeIdentity(decodingSecret: secret)
        } catch {
            throw PassantError(
                code: "key-damaged", message: "the identity key in \(paths.identity) cannot be used",
                reason: error == .unknownVersion ? "a newer passant wrote it" : "it is damaged",
                remedy: "Restore it from a backup, or start as a new node: passant up --data OTHER-DIRECTORY",
                exit: .badData)
        }
    }

    /// A directory belongs to one network: its homes, records and puzzle mean nothing in another.
    private static func checkNetwork(_ state: StoredState, is network: String, _ paths: DataPaths) throws(PassantError)
    {
        guard let stored = Self.network(in: state), stored != network else { return }
        throw PassantError(
            code: "other-network", message: "\(paths.directory) belongs to the network \"\(stored)\"",
            reason: "one data directory serves one network, and \"\(network)\" was asked for",
            remedy: "passant up --network \(stored), or passant up --network \(network) --data OTHER-DIRECTORY",
            exit: .configuration)
    }

    private static func friends(in state: StoredState) -> [String: Bytes32] {
        var friends: [String: Bytes32] = [:]
        for (key, value) in state.settings where key.hasPrefix(Key.friend) {
            friends[String(key.dropFirst(Key.friend.count))] = Bytes32(value)
        }
        return friends
    }

    // MARK: writing

    func remember(_ change: StoredChange) {
        switch change {
        case .record(let record, let node, let seq):
            write(.record(nodeKey: node, body: record.body, signature: record.signature, seq: seq))
        case .forget(let node): write(.forget(nodeKey: node))
        case .homes(let nodes): write(.homes(nodes))
        case .anchors(let nodes): write(.anchors(nodes))
        case .puzzle(let solution): write(.setting(key: Key.puzzle, value: solution.encoded()))
        case .friend(let name, let secret): write(.setting(key: Key.friend + name, value: secret.bytes))
        case .forgetFriend(let name): write(.setting(key: Key.friend + name, value: nil))
        case .lastSeq(let seq): write(.setting(key: Key.lastSeq, value: Array(String(seq).utf8)))
        }
    }

    func remember(invites texts: [String]) {
        write(.setting(key: Key.invites, value: Array(texts.joined(separator: "\n").utf8)))
    }

    private func write(_ change: StoreChange) {
        let isFirst = pending.withLockedValue { changes in
            changes.append(change)
            return changes.count == 1
        }
        // Whatever comes until the queue gets to it goes into the same transaction.
        if isFirst { queue.async { self.flush() } }
    }

    private func flush() {
        let changes = pending.withLockedValue { changes in
            defer { changes = [] }
            return changes
        }
        guard !changes.isEmpty else { return }
        do { try store.apply(changes, at: .now()) } catch { log.write(.databaseFailed) }
    }

    /// Writes what is left and gives the directory back.
    func close() {
        queue.sync { flush() }
        logs.close()
        try? store.close()
    }
}
