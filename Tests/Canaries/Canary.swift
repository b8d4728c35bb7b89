// Values that must not turn up anywhere, in every form in which they could be written down, and the search for them.

internal import Essentials
internal import Foundation

/// One value that somebody must not learn.
public struct Canary: Sendable {
    public struct Form: Sendable {
        public let name: String
        public let bytes: [UInt8]
    }

    public let name: String
    public let forms: [Form]

    /// Bytes as they are, and as text in the three alphabets that programs use.
    public static func bytes(_ name: String, _ bytes: some Collection<UInt8>) -> Canary {
        let raw = Array(bytes)
        let hex = Hex.encode(raw)
        return Canary(
            name: name,
            forms: [
                Form(name: "raw", bytes: raw),
                Form(name: "hex", bytes: Array(hex.utf8)),
                Form(name: "HEX", bytes: Array(hex.uppercased().utf8)),
                Form(name: "base32", bytes: Array(Base32.encode(raw).utf8)),
                // Without the end, which depends on what is written behind it.
                Form(name: "base64", bytes: Array(Data(raw).base64EncodedString().utf8.prefix(raw.count / 3 * 4))),
            ])
    }

    /// An IPv4 address as text, as bytes of either order, and in hexadecimal.
    public static func address(_ name: String, _ text: String) -> Canary {
        let bytes = text.split(separator: ".").compactMap { UInt8($0) }
        return Canary(
            name: name,
            forms: [
                Form(name: "text", bytes: Array(text.utf8)),
                Form(name: "bytes", bytes: bytes),
                Form(name: "bytes reversed", bytes: bytes.reversed()),
                Form(name: "hex", bytes: Array(Hex.encode(bytes).utf8)),
                Form(name: "hex reversed", bytes: Array(Hex.encode(bytes.reversed()).utf8)),
                Form(name: "varint", bytes: varint(bytes.reduce(0) { $0 << 8 | UInt64($1) })),
            ])
    }

    /// A number as bytes of either order, as protobuf's varint, and as text.
    public static func number(_ name: String, _ number: UInt64) -> Canary {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
        return Canary(
            name: name,
            forms: [
                Form(name: "bytes", bytes: bytes),
                Form(name: "bytes reversed", bytes: bytes.reversed()),
                Form(name: "varint", bytes: varint(number)),
                Form(name: "decimal", bytes: Array(String(number).utf8)),
                Form(name: "hex", bytes: Array(Hex.encode(bytes).utf8)),
            ])
    }

    private static func varint(_ number: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = number
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    /// A word as it is.
    public static func word(_ name: String, _ text: String) -> Canary {
        Canary(name: name, forms: [Form(name: "text", bytes: Array(text.utf8))])
    }

    /// Without the forms that are so short that chance would write them into many megabytes.
    public var longOnly: Canary { Canary(name: name, forms: forms.filter { $0.bytes.count >= 7 }) }

    private init(name: String, forms: [Form]) {
        self.name = name
        self.forms = forms
    }
}

/// A canary that was found.
public struct Sighting: Sendable, CustomStringConvertible {
    public let canary: String
    public let form: String
    public let place: String
    public let offset: Int

    public var description: String { "\(canary) (\(form)) in \(place) at \(offset)" }
}

extension Sequence where Element == Canary {
    /// The first place of each form of each canary in these bytes.
    public func sought(in bytes: [UInt8], _ place: String) -> [Sighting] {
        bytes.withUnsafeBytes { hay in
            flatMap { canary in
                canary.forms.compactMap { form in
                    offset(of: form.bytes, in: hay).map {
                        Sighting(canary: canary.name, form: form.name, place: place, offset: $0)
                    }
                }
            }
        }
    }

    public func sought(in text: String, _ place: String) -> [Sighting] { sought(in: Array(text.utf8), place) }
}

/// Where the needle lies for the first time; the C library's search for a byte does most of the walking.
private func offset(of needle: [UInt8], in hay: UnsafeRawBufferPointer) -> Int? {
    guard let start = hay.baseAddress, let byte = needle.first, hay.count >= needle.count else { return nil }
    let end = hay.count - needle.count + 1
    var offset = 0
    while offset < end, let found = memchr(start + offset, Int32(byte), end - offset) {
        let place = start.distance(to: UnsafeRawPointer(found))
        if memcmp(start + place, needle, needle.count) == 0 { return place }
        offset = place + 1
    }
    return nil
}
