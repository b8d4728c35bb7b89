// How a node signs, always the same way: see `Signed.message`.

internal import Sodium
public import Wire

extension NodeIdentity {
    /// Signs `body` (at most 1,024 bytes) under `domain` in the mesh `network`.
    public borrowing func sign(
        _ body: [UInt8], domain: String, network: UInt64
    ) throws(WireFault) -> Signed {
        try Signed(body: body, signature: signature(over: body, domain: domain, network: network))
    }

    /// The signature alone: 64 bytes.
    public borrowing func signature(over body: [UInt8], domain: String, network: UInt64) -> [UInt8] {
        signing.sign(Signed.message(domain: domain, network: network, body: body))
    }
}
