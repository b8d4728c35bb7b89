// Endpoints as bytes and as text.

import Testing

@testable import Wire

@Suite("endpoints")
struct EndpointTests {
    @Test("are 6 or 18 bytes: address, then port")
    func bytes() {
        #expect(v4.bytes == [1, 2, 3, 4, 0x10, 0x92])
        #expect(v6.bytes == [0x2A, 0, 0, 1, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0x10, 0x92])
        #expect(Endpoint(bytes: v4.bytes) == v4)
        #expect(Endpoint(bytes: v6.bytes) == v6)
    }

    @Test("of any other length, or with port 0, are none", arguments: Array(0...20))
    func wrongLength(count: Int) {
        if count != 6, count != 18 { #expect(Endpoint(bytes: [UInt8](repeating: 1, count: count)) == nil) }
        #expect(Endpoint(bytes: [UInt8](repeating: 0, count: count)) == nil)
        #expect((Address6([UInt8](repeating: 0, count: count)) != nil) == (count == 16))
    }

    @Test(
        "are written in one way",
        arguments: [
            "1.2.3.4:4242", "0.0.0.0:0", "255.255.255.255:65535", "[::]:1", "[::1]:80", "[2a00:1:2:3::4]:4242",
            "[1:2:3:4:5:6:7:8]:9", "[1:0:3:4:5:6:7:8]:9", "[2001:db8::1:0:0:1]:9", "[1:0:0:2::3]:9",
            "[fe80::]:1",
        ])
    func text(text: String) {
        #expect(Endpoint(text)?.description == text)
    }

    @Test("the other ways to write an address are read")
    func otherForms() {
        #expect(Endpoint("[2001:DB8:0:0:0:0:0:1]:9")?.description == "[2001:db8::1]:9")
        #expect(Endpoint("[::ffff:1.2.3.4]:9")?.description == "[::ffff:102:304]:9")
        #expect(Endpoint("[1:2:3:4:5:6:1.2.3.4]:9")?.description == "[1:2:3:4:5:6:102:304]:9")
        #expect(Endpoint("[0001::]:9")?.description == "[1::]:9")
    }

    @Test(
        "that are not numeric, or not whole, are not read",
        arguments: [
            "", ":", "1.2.3.4", "1.2.3.4:", "1.2.3:4", "1.2.3.4.5:6", "256.1.1.1:1", "1.2.3.4:65536", "1.2.3.04:5",
            "1.2.3.4:05", "+1.2.3.4:5", "1.2.3.4:+5", " 1.2.3.4:5", "1.2.3.4:5 ", "example.org:80", "localhost:1",
            "[::1]", "::1:80", "[::1]80", "[]:80", "[:]:80", "[:::]:1", "[1::2::3]:1", "[1:2:3:4:5:6:7]:1",
            "[1:2:3:4:5:6:7:8:9]:1", "[1:2:3:4:5:6:7::8]:1", "[12345::]:1", "[g::]:1", "[fe80::1%eth0]:1",
            "[1:2:3:4:5:6:7:]:1", "[:1:2:3:4:5:6:7]:1", "[1.2.3.4::]:1", "[1.2.3.4]:1", "[::1.2.3.4:5]:1",
            "1.2.3.4:99999999999999999999", "[::1]:1]:1", "[[::1]]:1", "٣.1.1.1:1", "1..2.3:4",
        ])
    func refused(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test("have an order")
    func order() {
        let sorted: [Endpoint] = [
            .v4(1, port: 1), .v4(1, port: 2), .v4(2, port: 1), .v6(Address6(high: 0, low: 5), port: 1),
            .v6(Address6(high: 0, low: 5), port: 2), .v6(Address6(high: 1, low: 0), port: 1),
        ]
        #expect(sorted.reversed().sorted() == sorted)
        #expect(!(v6 < v4))
        #expect(v4.port == 4_242 && v6.port == 4_242)
    }
}
