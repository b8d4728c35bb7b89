import Settings
import Testing

@Suite("Hosts and ports")
struct HostPortTests {
    @Test(
        "addresses and names are read and written alike",
        arguments: [
            "127.0.0.1:4700", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:4700", "[2001:db8::7]:1", "[::]:80",
            "example.org:443", "localhost:4700", "a-b.c_d.e9:1",
        ])
    func roundTrip(text: String) throws {
        #expect(try HostPort(parsing: text).description == text)
    }

    @Test(
        "every mistake has words of its own",
        arguments: [
            ("", HostPortFault.portMissing), ("127.0.0.1", .portMissing), ("4700", .portMissing),
            (":4700", .hostMissing),
            ("127.0.0.1:", .portInvalid), ("127.0.0.1:x", .portInvalid), ("127.0.0.1:65536", .portInvalid),
            ("127.0.0.1:-1", .portInvalid), ("127.0.0.1:+1", .portInvalid), ("127.0.0.1:000080", .portInvalid),
            ("127.0.0.1:１", .portInvalid), ("::1:4700", .bracketsMissing), ("[::1", .unclosedBracket),
            ("[::1]", .portMissing), ("[::1]4700", .portMissing), ("[fe80::1%eth0]:1", .zoneNotSupported),
            ("[127.0.0.1]:1", .addressInvalid), ("[]:1", .addressInvalid), ("1.2.3:1", .addressInvalid),
            ("1.2.3.256:1", .addressInvalid), ("1.2.3.04:1", .addressInvalid), ("1.2.3.4.5:1", .addressInvalid),
            ("127.1:1", .addressInvalid), ("a..b:1", .nameInvalid), ("-a:1", .nameInvalid), ("a b:1", .nameInvalid),
            ("münchen.de:1", .nameInvalid), ("a\u{1B}[2J:1", .nameInvalid),
        ])
    func mistakes(text: String, fault: HostPortFault) {
        #expect(throws: fault) { try HostPort(parsing: text) }
        #expect(!fault.description.isEmpty)
    }

    @Test("what stands for every address and what is this machine's own is known")
    func kinds() throws {
        for text in ["0.0.0.0:1", "[::]:1", "[0:0::0]:1"] { #expect(try HostPort(parsing: text).isUnspecified) }
        for text in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "LOCALHOST:1"] {
            #expect(try HostPort(parsing: text).isLoopback && !HostPort(parsing: text).isUnspecified)
        }
        for text in ["192.0.2.1:1", "[2001:db8::1]:1", "example.org:1"] {
            #expect(try !HostPort(parsing: text).isLoopback && !HostPort(parsing: text).isUnspecified)
        }
    }

    @Test("no text of random bytes is a crash")
    func noise() {
        var state: UInt64 = 3
        let alphabet = Array("[]:.%0123456789abcdef-_ \u{0}é")
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                text.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            if let place = try? HostPort(parsing: text) {
                #expect((try? HostPort(parsing: place.description)) == place, "\(text)")
            }
        }
    }
}
