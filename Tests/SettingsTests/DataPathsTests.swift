import Foundation
import Settings
import Testing

@Suite("Places of files")
struct DataPathsTests {
    @Test("without --data the XDG directories are used")
    func xdg() throws {
        let paths = try DataPaths(
            data: nil,
            environment: [
                "HOME": "/home/p", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d", "XDG_RUNTIME_DIR": "/r/1000",
            ])
        #expect(paths.configuration == "/c/passant/config.toml" && paths.directory == "/d/passant")
        #expect(paths.socket == "/r/1000/passant/control.sock" && paths.socketDirectory == "/r/1000/passant")
        #expect(paths.database == "/d/passant/node.sqlite" && paths.identity == "/d/passant/identity.key")
        #expect(paths.lock == "/d/passant/node.lock")
    }

    @Test("without the variables the usual places under HOME, and the socket beside the data")
    func home() throws {
        let paths = try DataPaths(data: nil, environment: ["HOME": "/home/p", "XDG_DATA_HOME": "not/absolute"])
        #expect(paths.configuration == "/home/p/.config/passant/config.toml")
        #expect(paths.directory == "/home/p/.local/share/passant")
        #expect(paths.socket == "/home/p/.local/share/passant/control.sock")
        let error = #expect(throws: PassantError.self) { try DataPaths(data: nil, environment: ["HOME": "p"]) }
        #expect(error?.code == "home-directory-unknown" && error?.exitCode == 78)
    }

    @Test("--data puts everything under one directory, and beats PASSANT_DATA")
    func data() throws {
        let environment = ["PASSANT_DATA": "/y", "XDG_RUNTIME_DIR": "/r", "HOME": "/home/p"]
        let paths = try DataPaths(data: "/x/n1/", environment: environment)
        #expect(paths.directory == "/x/n1" && paths.configuration == "/x/n1/config.toml")
        #expect(paths.socket == "/x/n1/control.sock")
        #expect(try DataPaths(data: nil, environment: environment).directory == "/y")
        #expect(throws: PassantError.self) { try DataPaths(data: "", environment: environment) }
        let here = FileManager.default.currentDirectoryPath
        #expect(try DataPaths(data: "n1", environment: [:]).directory == URL(fileURLWithPath: here + "/n1").path)
    }

    @Test("a directory has one name, whatever way leads to it")
    func oneName() throws {
        let scratch = try Scratch()
        mkdir(scratch.file("real"), 0o700)
        symlink(scratch.file("real"), scratch.file("link"))
        let direct = try DataPaths(data: scratch.file("real/new"), environment: [:])
        #expect(try DataPaths(data: scratch.file("link/new"), environment: [:]) == direct)
        #expect(try DataPaths(data: scratch.file("real/../link/./new"), environment: [:]) == direct)
    }

    @Test("a socket path that is too long becomes a short one of its own, the same every time")
    func longSocket() throws {
        let fits = "/" + String(repeating: "a", count: 107 - 1 - "/control.sock".count)
        #expect(try DataPaths(data: fits, environment: [:]).socket == fits + "/control.sock")
        let long = fits + "b"
        let paths = try DataPaths(data: long, environment: ["XDG_RUNTIME_DIR": "/run/user/7"])
        #expect(paths.socket.hasPrefix("/run/user/7/passant/") && paths.socket.hasSuffix(".sock"))
        #expect(paths.socket.utf8.count <= DataPaths.socketPathMaximum && paths.directory == long)
        #expect(try DataPaths(data: long, environment: ["XDG_RUNTIME_DIR": "/run/user/7"]) == paths)
        #expect(try DataPaths(data: long + "c", environment: ["XDG_RUNTIME_DIR": "/run/user/7"]).socket != paths.socket)
        let temporary = try DataPaths(data: long, environment: [:])
        #expect(temporary.socketDirectory == "/tmp/passant-\(geteuid())")
        let tooLong = ["XDG_RUNTIME_DIR": "/" + String(repeating: "r", count: 120)]
        #expect(try DataPaths(data: long, environment: tooLong).socket == temporary.socket)
    }

    @Test("directories are made closed to others")
    func prepare() throws {
        let scratch = try Scratch()
        let paths = try DataPaths(data: scratch.file("a/b"), environment: [:])
        try paths.prepare()
        #expect(scratch.mode("a/b") == 0o700)
        try paths.prepare()
        let environment = [
            "XDG_DATA_HOME": scratch.path, "XDG_CONFIG_HOME": "/c", "XDG_RUNTIME_DIR": scratch.path,
        ]
        let elsewhere = try DataPaths(data: nil, environment: environment)
        try elsewhere.prepare()
        #expect(scratch.mode("passant") == 0o700)
    }

    @Test("a directory that others may write to is refused with the command that closes it")
    func open() throws {
        let scratch = try Scratch()
        let paths = try DataPaths(data: scratch.file("d"), environment: [:])
        mkdir(paths.directory, 0o700)
        for mode in [0o770, 0o707, 0o777] as [mode_t] {
            chmod(paths.directory, mode)
            let error = #expect(throws: PassantError.self) { try paths.prepare() }
            #expect(error?.code == "directory-writable-by-others" && error?.exitCode == 77)
            #expect(error?.remedy == "Close it: chmod go-w '\(paths.directory)'")
        }
        // Readable is no danger: what is in it is closed by itself.
        chmod(paths.directory, 0o755)
        try paths.prepare()
        rmdir(paths.directory)
        try scratch.write("", to: "d")
        #expect(throws: PassantError.self) { try paths.prepare() }
    }

    @Test("in a shared place somebody else's directory or link is not used")
    func shared() throws {
        let scratch = try Scratch()
        mkdir(scratch.file("mine"), 0o700)
        try PrivateDirectory.prepareInSharedPlace(scratch.file("mine"))
        symlink(scratch.file("mine"), scratch.file("link"))
        #expect(throws: PassantError.self) { try PrivateDirectory.prepareInSharedPlace(scratch.file("link")) }
        chmod(scratch.file("mine"), 0o722)
        #expect(throws: PassantError.self) { try PrivateDirectory.prepareInSharedPlace(scratch.file("mine")) }
        chmod(scratch.file("mine"), 0o700)
        // Only root can give a directory away.
        if geteuid() == 0, chown(scratch.file("mine"), 65_534, 65_534) == 0 {
            #expect(throws: PassantError.self) { try PrivateDirectory.prepareInSharedPlace(scratch.file("mine")) }
        }
    }

    @Test("a configuration file that may not be read is an error")
    func unreadable() async throws {
        let scratch = try Scratch()
        mkdir(scratch.file("config.toml"), 0o700)
        let paths = try DataPaths(data: scratch.path, environment: [:])
        let error = #expect(throws: PassantError.self) { try Settings.load(flags: [:], environment: [:], paths: paths) }
        #expect(error?.code == "configuration-unreadable")
    }
}
