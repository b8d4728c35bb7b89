// Starting libsodium, and the one place where true randomness enters the process.

internal import CSodium
public import Essentials

/// The library beneath this target.
public enum Sodium {
    private static let isReady: Bool = sodium_init() >= 0

    /// Starts libsodium; as often as you like, from any thread. Everything here that needs it calls it itself.
    public static func start() {
        // Without its processor detection and page size no key can be kept, so there is nothing to go on with.
        precondition(isReady, "libsodium could not start: the system gives it no randomness")
    }
}

/// The operating system's randomness. For shells only: engines get a `RandomStream`.
public enum SystemEntropy {
    /// Thirty-two fresh bytes.
    public static func seed() -> Bytes32 {
        Sodium.start()
        var bytes = [UInt8](repeating: 0, count: Bytes32.count)
        randombytes_buf(&bytes, bytes.count)
        defer { sodium_memzero(&bytes, bytes.count) }
        return Bytes32(bytes) ?? .zero
    }
}
