// The targets of the fuzzer by name. The same functions run under the fuzzer, which invents inputs, and in
// `FuzzReplay`, which runs all inputs that were ever worth keeping.

/// One way into the code that bytes from outside can take.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// Crashes on a planted input, to prove that a crash is noticed.
    case canary
    /// Every message: `Protocol/02-wire.md`.
    case wire
    /// The channel before, during and after its handshake: `Protocol/03-channel.md`.
    case noise
    /// Records, heartbeats, proofs of equivocation: `Protocol/01-identity.md`.
    case records
    /// Offers, deposits, shares, keepers' answers: `Protocol/06-pairing.md`.
    case offers
    /// From text to invite and back.
    case invites
    /// The lines of the control socket: `Protocol/08-control.md`.
    case control
    /// The configuration file.
    case settings
    /// A whole node among peers that play by a script.
    case engine

    /// Runs one input. Throws when a promise does not hold; a trap is a fault by itself.
    public func run(_ input: [UInt8]) throws {
        switch self {
        case .canary: try CanaryTarget.run(input)
        case .wire: try WireTarget.run(input)
        case .noise: try NoiseTarget.run(input)
        case .records: try RecordsTarget.run(input)
        case .offers: try OffersTarget.run(input)
        case .invites: try InvitesTarget.run(input)
        case .control: try ControlTarget.run(input)
        case .settings: try SettingsTarget.run(input)
        case .engine: try EngineTarget.run(input)
        }
    }

    /// Good inputs to begin with: what no fuzzer would ever guess, such as signatures.
    public func seeds() throws -> [[UInt8]] {
        switch self {
        case .canary: []
        case .wire: try WireTarget.seeds()
        case .noise: NoiseTarget.seeds()
        case .records: try RecordsTarget.seeds()
        case .offers: try OffersTarget.seeds()
        case .invites: try InvitesTarget.seeds()
        case .control: ControlTarget.seeds()
        case .settings: SettingsTarget.seeds()
        case .engine: EngineTarget.seeds()
        }
    }

    /// Longer inputs teach nothing new.
    public var lengthMaximum: Int {
        switch self {
        case .canary: 16
        case .invites: 320
        case .wire, .noise, .records, .offers, .control, .settings: 2_048
        case .engine: 1_024
        }
    }
}

/// Something that holds for every input did not hold for this one.
public struct BrokenPromise: Error, CustomStringConvertible {
    public let description: String
}

func promise(_ condition: Bool, _ words: @autoclosure () -> String) throws(BrokenPromise) {
    guard condition else { throw BrokenPromise(description: words()) }
}

/// Fixed values that cannot fail to be made say so here, once, instead of everywhere.
func made<Value>(_ value: Value?) throws(BrokenPromise) -> Value {
    guard let value else { throw BrokenPromise(description: "the harness itself: a fixed value could not be made") }
    return value
}

/// The planted fault.
enum CanaryTarget {
    private static let word = Array("bird".utf8)

    static func run(_ input: [UInt8]) throws {
        var sung = 0
        for (byte, letter) in zip(input, word) {
            guard byte == letter else { return }
            sung += 1
        }
        try promise(sung < word.count, "the canary has stopped singing, as it should")
    }
}
