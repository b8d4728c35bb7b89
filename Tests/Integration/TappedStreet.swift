// Five members and two leaves or more, each on a host of its own and each leaf's wire tapped: what is held against them
// after their persons have talked.

import Canaries
import Essentials
import Foundation
import Identity
import Testing

/// One mesh, its strangers, and everything that could have told them something of each other.
final class TappedStreet {
    static let memberCount = 5

    /// A leaf with its person and what was gathered of them.
    final class Side {
        let who: String
        let node: RunningNode
        private(set) var person: Person
        /// Who sat here before, and has left.
        private(set) var earlier: [Person] = []
        let address: String
        let tap: WireTap
        let secrets: NodeSecrets
        /// Answers of the control socket during the conversations, without the public table of members.
        var replies = NodeTraces()
        var seats: [[String: Any]] = []
        var homes: Set<String> = []
        /// How many packets had passed the tap when the leaf was in the mesh.
        var settledAt = 0

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

        /// Somebody takes the seat of whoever has left.
        func seat(_ next: Person) {
            earlier.append(person)
            person = next
        }

        func noteHomes(in status: [String: Any]) {
            for home in status["homes"] as? [[String: Any]] ?? [] {
                if let name = home["node"] as? String { homes.insert(name) }
            }
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
    let word = TappedStreet.rareWord()
    /// What else the persons are told and nobody else is, such as a question.
    var alsoSaid: [Canary] = []
    /// Then a leaf may have one live home, which may be the door too (Protocol/07-conversation.md, "Resuming").
    private(set) var hasLostMember = false
    private(set) var figures = ""

    /// - Parameter people: whose leaves there are, each with what follows `passant meet`.
    init(conversations: Int, people: KeyValuePairs<String, [String]> = ["Ann": [], "Bert": []]) async throws {
        self.conversations = conversations
        let count = Self.memberCount
        let spaces = try Namespaces(count: count + people.count, cabling: .router)
        self.spaces = spaces
        middle = try WireTap("the router", inside: spaces.middle)
        let taps = try people.indices.map { try WireTap("leaf \($0 + 1)", inside: spaces.name(count + $0)) }
        let mesh = try Mesh("lan-secrecy")
        self.mesh = mesh
        for member in 0..<count {
            try await mesh.addMember(host: spaces.address(member), inside: spaces.name(member), port: 7_000)
        }
        for leaf in people.indices {
            try await mesh.addLeaf(
                inside: spaces.name(count + leaf), environment: ["PASSANT_LOG_LEVEL": "trace"])
        }
        try await mesh.settle()
        let members = try (0..<count).map {
            try NodeSecrets("member \($0 + 1)", of: mesh.members[$0], address: spaces.address($0))
        }
        self.members = members
        memberAddresses = Set((0..<count).map { spaces.address($0) })
        sides = try people.indices.map { leaf in
            let (who, wish) = people[leaf]
            let address = spaces.address(count + leaf)
            return Side(
                who, mesh.leaves[leaf], try mesh.person(at: mesh.leaves[leaf], wishing: wish), address, taps[leaf],
                try NodeSecrets(who, of: mesh.leaves[leaf], address: address, homes: members.map(\.nodeKey)))
        }
        for side in sides { side.settledAt = side.tap.packets.count }
    }

    /// A word that stands nowhere unless somebody puts it there.
    static func rareWord() -> String { "qz" + String(UInt64.random(in: .min ... .max), radix: 36) }

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

    /// Asks all leaves' nodes how they are.
    func look() async throws {
        for side in sides {
            let status = try await side.node.status()
            let seats = status["conversations"] as? [[String: Any]] ?? []
            side.seats += seats.filter { $0["state"] as? String == "talking" }
            side.noteHomes(in: status)
            side.replies.add("status", "\(status)")
            for arguments in [["peers", "--json", "--addresses"], ["peers", "--addresses"], ["status"], ["invite"]] {
                let answer = try await Program.run(arguments + ["--data", side.node.data])
                #expect(answer.status == 0, "\(arguments): \(answer.errors)")
                side.replies.add(arguments.joined(separator: " "), answer.output + answer.errors)
            }
        }
    }

    /// Kills the member that was this side's home in the last look, and says its name. Its host stays.
    func killHome(of side: Side) throws -> String {
        guard let name = side.seats.last?["home"] as? String, let index = members.firstIndex(where: { $0.name == name })
        else { throw Missing("\(side.who)'s home: \(side.seats)") }
        hasLostMember = true
        mesh.members[index].subject.signal(SIGKILL)
        return name
    }

    /// All persons leave, and others with these wishes take their seats.
    func reseat(_ wishes: [[String]]) async throws {
        for side in sides { side.person.subject.closeInput() }
        for side in sides { #expect(try await side.person.subject.status() == 0) }
        for (side, wish) in zip(sides, wishes) { side.seat(try mesh.person(at: side.node, wishing: wish)) }
    }

    func others(of side: Side) -> [Side] { sides.filter { $0 !== side } }
    /// What stands in events, and in no log, no file and on no wire.
    var spoken: [Canary] { [Canary.word("what was said", word)] + alsoSaid }
    func note(_ text: String) { figures += figures.isEmpty ? text : ", \(text)" }
}
