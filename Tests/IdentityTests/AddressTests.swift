// Which addresses a mesh accepts, and which are one neighbourhood.

import Essentials
import Testing
import Wire

@testable import Identity

@Suite("addresses")
struct AddressTests {
    private func endpoint(_ text: String) throws -> Endpoint { try #require(Endpoint(text), "\(text)") }

    @Test(
        "of one machine",
        arguments: ["127.0.0.1:1", "127.255.255.255:65535", "[::1]:9"])
    func local(text: String) throws {
        try expect(text, allowedIn: "local")
    }

    @Test(
        "of private networks",
        arguments: [
            "10.0.0.0:1", "10.255.255.255:1", "172.16.0.1:1", "172.31.255.255:1", "192.168.0.1:1", "169.254.1.1:1",
            "100.64.0.1:1", "100.127.255.255:1", "[fd00::1]:1", "[fc00::]:1",
        ])
    func lan(text: String) throws {
        try expect(text, allowedIn: "lan")
    }

    @Test(
        "of the open mesh",
        arguments: [
            "1.1.1.1:1", "9.255.255.255:1", "11.0.0.0:1", "100.63.255.255:1", "100.128.0.0:1", "126.255.255.255:1",
            "128.0.0.1:1", "172.15.255.255:1", "172.32.0.0:1", "192.0.1.0:1", "192.167.1.1:1", "198.17.0.1:1",
            "198.20.0.1:1", "223.255.255.255:1", "[2000::]:1", "[2001:200::1]:1", "[2a00::1]:1", "[3ffe::]:1",
        ])
    func open(text: String) throws {
        try expect(text, allowedIn: "main")
    }

    @Test(
        "of no mesh",
        arguments: [
            "0.0.0.0:1", "0.1.2.3:1", "192.0.0.1:1", "192.0.2.1:1", "192.88.99.1:1", "198.18.0.1:1", "198.19.0.1:1",
            "198.51.100.1:1", "203.0.113.1:1", "224.0.0.1:1", "239.1.1.1:1", "240.0.0.1:1", "255.255.255.255:1",
            "[::]:1", "[::2]:1", "[::ffff:1.1.1.1]:1", "[64:ff9b::1]:1", "[fe80::1]:1", "[ff02::1]:1",
            "[2001::1]:1", "[2001:1ff::]:1", "[2001:db8::1]:1", "[2002:101:101::1]:1", "[3fff::1]:1", "[4000::]:1",
        ])
    func none(text: String) throws {
        try expect(text, allowedIn: nil)
    }

    @Test("with port 0 are of no mesh")
    func portZero() throws {
        for text in ["127.0.0.1:0", "10.0.0.1:0", "1.1.1.1:0"] { try expect(text, allowedIn: nil) }
    }

    private func expect(_ text: String, allowedIn name: String?) throws {
        for candidate in ["local", "lan", "main"] {
            #expect(try policy(candidate).allows(endpoint(text)) == (candidate == name), "\(text) in \(candidate)")
        }
    }

    @Test("on one machine a port is a subnet")
    func localSubnets() throws {
        let local = try policy("local")
        #expect(try local.subnet(of: endpoint("127.0.0.1:1")) == local.subnet(of: endpoint("127.0.0.2:1")))
        #expect(try local.subnet(of: endpoint("127.0.0.1:1")) == local.subnet(of: endpoint("[::1]:1")))
        #expect(try local.subnet(of: endpoint("127.0.0.1:1")) != local.subnet(of: endpoint("127.0.0.1:2")))
    }

    @Test("in a private network a host is a subnet")
    func lanSubnets() throws {
        let lan = try policy("lan")
        #expect(try lan.subnet(of: endpoint("10.0.0.1:1")) == lan.subnet(of: endpoint("10.0.0.1:2")))
        #expect(try lan.subnet(of: endpoint("10.0.0.1:1")) != lan.subnet(of: endpoint("10.0.0.2:1")))
        #expect(try lan.subnet(of: endpoint("[fd00::1]:1")) == lan.subnet(of: endpoint("[fd00::1]:2")))
        #expect(try lan.subnet(of: endpoint("[fd00::1]:1")) != lan.subnet(of: endpoint("[fd00::2]:1")))
        #expect(try lan.subnet(of: endpoint("[fd00::1]:1")) != lan.subnet(of: endpoint("[fd01::1]:1")))
    }

    @Test("in the open mesh a /24 or a /48 is a subnet")
    func openSubnets() throws {
        let open = try policy("main")
        #expect(try open.subnet(of: endpoint("1.2.3.4:1")) == open.subnet(of: endpoint("1.2.3.255:2")))
        #expect(try open.subnet(of: endpoint("1.2.3.4:1")) != open.subnet(of: endpoint("1.2.4.4:1")))
        #expect(try open.subnet(of: endpoint("[2a00:1:2:3::]:1")) == open.subnet(of: endpoint("[2a00:1:2:ffff::9]:1")))
        #expect(try open.subnet(of: endpoint("[2a00:1:2::]:1")) != open.subnet(of: endpoint("[2a00:1:3::]:1")))
        #expect(try open.subnet(of: endpoint("0.0.0.1:1")) != open.subnet(of: endpoint("[::]:1")))
    }

    @Test("the wider subnet is a /16 or a /32, in a private network a /24 or a /64, on one machine 256 ports")
    func wideSubnets() throws {
        let (open, lan, local) = (try policy("main"), try policy("lan"), try policy("local"))
        #expect(try open.wideSubnet(of: endpoint("1.2.3.4:1")) == open.wideSubnet(of: endpoint("1.2.255.4:2")))
        #expect(try open.wideSubnet(of: endpoint("1.2.3.4:1")) != open.wideSubnet(of: endpoint("1.3.3.4:1")))
        #expect(try open.wideSubnet(of: endpoint("[2a00:1:2::]:1")) == open.wideSubnet(of: endpoint("[2a00:1:3::]:1")))
        #expect(try open.wideSubnet(of: endpoint("[2a00:1:2::]:1")) != open.wideSubnet(of: endpoint("[2a00:2:2::]:1")))
        #expect(try lan.wideSubnet(of: endpoint("10.0.0.1:1")) == lan.wideSubnet(of: endpoint("10.0.0.2:1")))
        #expect(try lan.wideSubnet(of: endpoint("10.0.0.1:1")) != lan.wideSubnet(of: endpoint("10.0.1.1:1")))
        #expect(try lan.wideSubnet(of: endpoint("[fd00::1]:1")) == lan.wideSubnet(of: endpoint("[fd00::2]:1")))
        #expect(try lan.wideSubnet(of: endpoint("[fd00::1]:1")) != lan.wideSubnet(of: endpoint("[fd00:0:0:1::1]:1")))
        #expect(try local.wideSubnet(of: endpoint("127.0.0.1:256")) == local.wideSubnet(of: endpoint("[::1]:511")))
        #expect(try local.wideSubnet(of: endpoint("127.0.0.1:256")) != local.wideSubnet(of: endpoint("127.0.0.1:255")))
    }

    @Test("no subnet is taken for one of the other width")
    func widths() throws {
        // 0.1.2.0/24 and 1.2.0.0/16 begin with the same number.
        let open = try policy("main")
        let (narrow, wide) = (
            try open.subnet(of: endpoint("0.1.2.9:1")), try open.wideSubnet(of: endpoint("1.2.9.9:1"))
        )
        #expect(narrow != wide && narrow < wide && narrow.encoded != wide.encoded)
        #expect(!narrow.isWide && wide.isWide)
        #expect(narrow.encoded.count == 18)
    }

    @Test("subnets have an order, IPv4 first")
    func order() throws {
        let open = try policy("main")
        let sorted = try ["1.2.3.4:1", "1.2.4.4:1", "[2a00:1:2::]:1", "[2a00:1:3::]:1"].map {
            try open.subnet(of: endpoint($0))
        }
        #expect(sorted.reversed().sorted() == sorted)
    }
}
