// Whether a world's keys and seals are real. Cheap ones have the same sizes and the same keys, so that the history is
// the same down to each byte count and moment; Tests/Simulation/CryptographyTests.swift holds the two against each other.

internal import CSimulatedSodium

/// What stands behind signatures, agreements and seals while a world runs.
public enum Cryptography: Sendable, CaseIterable {
    /// libsodium.
    case real
    /// Stand-ins of equal sizes that refuse what was changed, and keep no secret.
    case simulated

    /// Everything that `body` does on this thread is done with it. Values with keys must not leave `body`: a
    /// signature of the one kind is none of the other.
    public func during<Result: ~Copyable, Fault: Error>(
        _ body: () throws(Fault) -> Result
    ) throws(Fault) -> Result {
        guard self == .simulated else { return try body() }
        simulated_sodium_begin()
        defer { simulated_sodium_end() }
        return try body()
    }
}
