import Essentials
import Testing

@testable import Sodium

@Suite("Secrets in memory")
struct SecretBytesTests {
    @Test("a secret holds the bytes it was given, whatever its length", arguments: [0, 1, 31, 32, 33, 64, 65, 5_000])
    func holds(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let secret = SecretBytes(copying: bytes)
        let copy = secret.copy()
        #expect(secret.withBytes { [UInt8]($0) } == bytes)
        #expect(copy.withBytes { [UInt8]($0) } == bytes)
        let isEqual = secret == copy
        #expect(isEqual)
    }

    @Test("secrets differ when a byte or the length does")
    func differ() {
        let secret = SecretBytes(copying: [1, 2, 3])
        let isEqualToOther = secret == SecretBytes(copying: [1, 2, 4])
        let isEqualToLonger = secret == SecretBytes(copying: [1, 2, 3, 0])
        #expect(!isEqualToOther)
        #expect(!isEqualToLonger)
    }

    @Test("a prefix is never longer than the secret, nor negative")
    func prefixes() {
        let secret = SecretBytes(copying: [1, 2, 3])
        #expect(secret.prefix(2).withBytes { [UInt8]($0) } == [1, 2])
        #expect(secret.prefix(9).withBytes { [UInt8]($0) } == [1, 2, 3])
        #expect(secret.prefix(-1).count == 0)
    }

    // In a process of its own, so that no other test takes the slot between the two looks.
    @Test("the memory of a secret is zero as soon as its owner lets go", arguments: [32, 64])
    func zeroed(count: Int) async {
        if count == 32 {
            await #expect(processExitsWith: .success) { try #require(isZeroedAfterUse(count: 32)) }
        } else {
            await #expect(processExitsWith: .success) { try #require(isZeroedAfterUse(count: 64)) }
        }
    }

    @Test("slots are used again, so that many short-lived keys need one slab")
    func reused() async {
        await #expect(processExitsWith: .success) {
            let first = addressOfNewSecret()
            let second = addressOfNewSecret()
            try #require(first == second)
        }
    }

    @Test("many secrets at once, from many threads, never share memory")
    func concurrent() async {
        let isSound = await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var random = RandomStream(seed: Blake2b.hash([UInt8(task)]))
                    for _ in 0..<500 {
                        let bytes = random.bytes(count: 32)
                        let (first, second) = (Owned(SecretBytes(copying: bytes)), Owned(SecretBytes(copying: bytes)))
                        guard first.value == second.value else { return false }
                    }
                    return true
                }
            }
            return await group.allSatisfy { $0 }
        }
        #expect(isSound)
    }

    @Test("a buffer is erased where it lies")
    func erasing() {
        var bytes: [UInt8] = [1, 2, 3]
        erase(&bytes)
        #expect(bytes == [0, 0, 0])
    }
}

private func isZeroedAfterUse(count: Int) -> Bool {
    var address: UnsafeRawPointer?
    do {
        let secret = SecretBytes(copying: [UInt8](repeating: 0xa5, count: count))
        address = secret.withBytes { $0.baseAddress }
        guard let address, address.load(as: UInt8.self) == 0xa5 else { return false }
    }
    guard let address else { return false }
    return UnsafeRawBufferPointer(start: address, count: count).allSatisfy { $0 == 0 }
}

private func addressOfNewSecret() -> UInt {
    let secret = SecretBytes(copying: [7])
    return secret.withBytes { UInt(bitPattern: $0.baseAddress) }
}
