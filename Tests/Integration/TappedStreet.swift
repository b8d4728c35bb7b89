// Five members and two leaves, each on a host of its own and each leaf's wire tapped: what is held against them after
// their persons have talked.

import Canaries
import Essentials
import Foundation
import Identity
import Testing

/// One mesh, two strangers, and everything that could have told them something of each other.
final class TappedStreet {
    static let memberCount = 5

    /// A leaf with its person and what was gathered of them.
    final class Side {
        let who: String
        let node: RunningNode
        let person: Person
        let address: String
        let tap: WireTap
        let secrets: NodeSecrets
        /// Answers of the control socket during the conversations, without the public table of members.
        var replies = NodeTraces()
        var seats: [[String: Any]] = []
        var homes: Set<String> = []

        init(
            _ who: String, _ node: RunningNode, _ person: Person, _ address: String, _ tap: WireTap,
            _ secrets: NodeSecrets
        ) {
            self.who = who
            self.node = node
            self.person = person
            self.address = address
            self.tap = tap
            self.secrets = secrets
        }
    }

    let spaces: Namespaces
    let mesh: Mesh
    let middle: WireTap
    let members: [NodeSecrets]
    let memberAddresses: Set<String>
    let sides: [Side]
    let conversations: Int
    /// Stands in every text that is said, and nowhere else.
    let word = "qz" + String(UInt64.random(in: .min ... .max), radix: 36)
    private(set) var figures = ""

    init(conversations: Int) async throws {
        self.conversations = conversations
        let count = Self.memberCount
        let spaces = try Namespaces(count: count + 2, cabling: .router)
        self.spaces = spaces
        middle = try WireTap("the router", inside: spaces.middle)
        let taps = try (0..<2).map { try WireTap("leaf \($0 + 1)", inside: spaces.name(count + $0)) }
        let mesh = try Mesh("lan-secrecy")
        self.mesh = mesh
        for member in 0..<count {
            try await mesh.addMember(host: spaces.address(member), inside: spaces.name(member), port: 7_000)
        }
        for leaf in 0..<2 {
            try await mesh.addLeaf(
                inside: spaces.name(count + leaf), environment: ["PASSANT_LOG_LEVEL": "trace"])
        }
        try await mesh.settle()
        let members = try (0..<count).map {
            try NodeSecrets("member \($0 + 1)", of: mesh.members[$0], address: spaces.address($0))
        }
        self.members = members
        memberAddresses = Set((0..<count).map { spaces.address($0) })
        sides = try (0..<2).map { leaf in
            let who = ["Ann", "Bert"][leaf]
            let address = spaces.address(count + leaf)
            return Side(
                who, mesh.leaves[leaf], try mesh.person(at: mesh.leaves[leaf]), address, taps[leaf],
                try NodeSecrets(who, of: mesh.leaves[leaf], address: address, homes: members.map(\.nodeKey)))
        }
    }

    /// The persons meet, say a word each and part, again and again; now and then both nodes are asked how they are.
    func converse() async throws {
        let (ann, bert) = (sides[0].person, sides[1].person)
        for number in 1...conversations {
            if number > 1 {
                ann.tell("new")
                bert.tell("new")
            }
            try await ann.expect("connected", within: 40)
            try await bert.expect("connected")
            try await talk(ann, bert, "conversation \(number) \(word)")
            if number % 10 == 1 || number == conversations { try await look() }
            let (leaver, left) = number.isMultiple(of: 2) ? (ann, bert) : (bert, ann)
            leaver.tell("disconnect")
            try await left.expect("strangerDisconnected")
        }
    }

    private func look() async throws {
        for side in sides {
            let status = try await side.node.status()
            let seats = status["conversations"] as? [[String: Any]] ?? []
            side.seats += seats.filter { $0["state"] as? String == "talking" }
            for home in status["homes"] as? [[String: Any]] ?? [] {
                if let name = home["node"] as? String { side.homes.insert(name) }
            }
            side.replies.add("status", "\(status)")
            for arguments in [["peers", "--json", "--addresses"], ["peers", "--addresses"], ["status"], ["invite"]] {
                let answer = try await Program.run(arguments + ["--data", side.node.data])
                #expect(answer.status == 0, "\(arguments): \(answer.errors)")
                side.replies.add(arguments.joined(separator: " "), answer.output + answer.errors)
            }
        }
    }

    func other(of side: Side) -> Side { side === sides[0] ? sides[1] : sides[0] }
    func note(_ text: String) { figures += figures.isEmpty ? text : ", \(text)" }
}
