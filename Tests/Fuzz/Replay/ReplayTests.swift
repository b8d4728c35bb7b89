// Every input that was ever worth keeping runs through the fuzzer's targets once more, and the targets are held to
// being able to see something.

import Foundation
import Testing

@Suite("Inputs that the fuzzer found")
struct ReplayTests {
    /// The canary only ever fails.
    static let targets = FuzzTarget.allCases.filter { $0 != .canary }
    private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Corpus")

    @Test("every kept input keeps every promise", arguments: targets)
    func keptInputs(target: FuzzTarget) throws {
        let folder = Self.corpus.appendingPathComponent(target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count > 5, "\(target.rawValue) has no corpus")
        for file in files.sorted(by: { $0.path < $1.path }) {
            let input = Array(try Data(contentsOf: file))
            #expect(throws: Never.self, "Scripts/fuzz replay \(target.rawValue) \(file.path)") { try target.run(input) }
        }
    }

    @Test("each target's own first inputs keep every promise", arguments: targets)
    func seeds(target: FuzzTarget) throws {
        for seed in try target.seeds() { #expect(throws: Never.self) { try target.run(seed) } }
    }

    @Test("no target's kept inputs take a mebibyte", arguments: targets)
    func size(target: FuzzTarget) throws {
        let folder = Self.corpus.appendingPathComponent(target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        let sum = try files.reduce(0) { try $0 + ($1.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0) }
        #expect(sum < 1 << 20)
    }

    @Test("the canary falls silent on its word and on nothing else")
    func canary() throws {
        #expect(throws: BrokenPromise.self) { try FuzzTarget.canary.run(Array("birds".utf8)) }
        try FuzzTarget.canary.run(Array("bir".utf8))
        try FuzzTarget.canary.run([])
    }

    @Test("the engine's first inputs lead to conversations, so that what lies behind one is reached")
    func meetings() throws {
        let meetings = try FuzzTarget.engine.seeds().map { try EngineScript.play($0).meetings }
        #expect(meetings.reduce(0, +) > 0, "\(meetings)")
    }

    @Test("they lead to meetings of three as well, where the engine's person asks and where they discuss")
    func questions() throws {
        for seeds in [EngineTarget.asking, EngineTarget.discussing] {
            let questions = try seeds.map { try EngineScript.play($0).questions }
            #expect(questions.reduce(0, +) > 0, "\(questions)")
        }
    }
}
