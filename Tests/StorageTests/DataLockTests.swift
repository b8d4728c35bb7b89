import Foundation
import Settings
@testable import Storage
import Testing

@Suite("The lock on a data directory", .timeLimit(.minutes(1)))
struct DataLockTests {
    @Test("a second node on the same directory is refused and told the first one's process")
    func second() throws {
        let scratch = try Scratch()
        let paths = try scratch.paths
        #expect(DataLock.holder(paths) == nil)
        let lock = try DataLock(paths)
        let error = #expect(throws: PassantError.self) { try DataLock(paths) }
        #expect(error?.code == "data-directory-in-use" && error?.exitCode == 75)
        #expect(error?.reason == "a node is running on it, process \(getpid())")
        #expect(error?.remedy.contains("kill \(getpid())") == true)
        #expect(DataLock.holder(paths) == getpid())
        #expect(scratch.mode("node.lock") == 0o600)
        withExtendedLifetime(lock) {}
    }

    @Test("another process is refused as long as this one has the lock")
    func otherProcess() async throws {
        let scratch = try Scratch()
        let lock = try DataLock(try scratch.paths)
        let path = scratch.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            let error = #expect(throws: PassantError.self) {
                try DataLock(try DataPaths(data: path, environment: [:]))
            }
            try #require(error?.reason == "a node is running on it, process \(getppid())")
            exit(0)
        }
        withExtendedLifetime(lock) {}
    }

    @Test("the lock ends with its holder, also with one that was killed")
    func freed() async throws {
        let scratch = try Scratch()
        let path = scratch.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let lock = try DataLock(try DataPaths(data: path, environment: [:]))
            withExtendedLifetime(lock) { _ = kill(getpid(), SIGKILL) }
        }
        // The dead one's number is still in the file, and means nothing.
        #expect(try !scratch.bytes("node.lock").isEmpty)
        #expect(try isFree(scratch))
        var lock: DataLock? = try DataLock(try scratch.paths)
        #expect(DataLock.holder(try scratch.paths) == getpid())
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(try isFree(scratch))
    }

    @Test("a child process does not inherit the lock")
    func children() throws {
        let scratch = try Scratch()
        var lock: DataLock? = try DataLock(try scratch.paths)
        // Many ways to start a process close everything in the child; this one does not.
        let child = try #require(popen("read end", "w"))
        defer { pclose(child) }
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(try isFree(scratch))
    }

    @Test("nonsense in the lock file changes nothing")
    func nonsense() throws {
        let scratch = try Scratch()
        try scratch.write(Array("no number at all, and a long one".utf8), to: "node.lock")
        let lock = try DataLock(try scratch.paths)
        #expect(DataLock.holder(try scratch.paths) == getpid())
        withExtendedLifetime(lock) {}
        #expect(throws: PassantError.self) {
            try DataLock(try DataPaths(data: scratch.file("missing"), environment: [:]))
        }
    }
}

/// Whether the lock can be had within two seconds. A child that another test is just making has every descriptor for an
/// instant.
private func isFree(_ scratch: Scratch) throws -> Bool {
    for _ in 0..<200 {
        if DataLock.holder(try scratch.paths) == nil { return true }
        usleep(10_000)
    }
    return false
}
