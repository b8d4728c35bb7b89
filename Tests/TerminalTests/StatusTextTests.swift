import ControlAPI
import TerminalFace
import Testing

struct StatusTextTests {
    private let status = NodeStatus(
        node: "abcd2345", network: "main", role: .leaf, members: 12, links: 2,
        homes: [.init(node: "home1", live: true), .init(node: "home2", live: false)], cover: 3, listening: [],
        puzzle: .init(solved: false, progress: 0.42), warnings: ["one invite only"],
        conversations: [.init(state: "talking", home: "home1", door: "door1", cover: 2)])

    @Test("status says its health first, then the rest in words")
    func words() {
        let lines = StatusText.status(status).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.first == "ready, with 1 warning")
        #expect(lines.contains("node       abcd2345, a leaf of network main"))
        #expect(lines.contains("members    12 present, 2 links"))
        #expect(lines.contains("homes      home1, home2 (not reachable now)"))
        #expect(lines.contains("cover      3"))
        #expect(lines.contains("puzzle     being solved, 42 % of the expected work; a leaf until then"))
        #expect(
            lines.contains(
                "meeting    talking, by home home1, door door1, then a home of the stranger's that is not known"))
        #expect(lines.last == "warning: one invite only")
    }

    @Test("without cover, members or homes it says so")
    func bad() {
        var status = status
        status.cover = 2
        status.members = 2
        #expect(StatusText.status(status).contains("cover      none: 2 members"))
        status.homes = []
        #expect(StatusText.status(status).hasPrefix("not ready: no home is reachable"))
        status.members = 0
        #expect(StatusText.status(status).hasPrefix("alone: "))
    }

    @Test("while the table is being learned, status and up say how far it is")
    func learning() {
        var status = status
        status.table = .init(known: 1_204, expected: 9_800)
        let words = "learning who is in the mesh, 1204 of about 9800 members, 12 %"
        #expect(StatusText.status(status).contains("table      \(words)"))
        #expect(StatusText.starting(status) == "identity puzzle 42 %, \(words)")
        status.puzzle = .init(solved: true, progress: 1)
        #expect(StatusText.starting(status) == words)
        // Tables of honest nodes differ by a few: one line in fifty is no download, nor are two lines.
        for (known, expected) in [(9_604, 9_800), (9_900, 9_800), (3, 5), (0, 2), (7, nil), (0, 0)] {
            status.table = .init(known: known, expected: expected)
            #expect(StatusText.starting(status) == nil, "\(known) of \(expected ?? -1)")
            #expect(!StatusText.status(status).contains("learning"))
        }
        // What a neighbour says is a claim, and a number like any other.
        for (known, expected) in [(Int.min, Int.max), (Int.max, Int.min), (-1, -1)] {
            status.table = .init(known: known, expected: expected)
            _ = StatusText.status(status)
        }
    }

    @Test("peers are a table, with addresses only when asked for")
    func peers() {
        let peers = [
            PeerStatus(
                node: "abcd2345", present: true, heartbeatAge: 3.9, link: .outbound, reach: .reached,
                addresses: ["192.0.2.1:4700"]),
            PeerStatus(node: "efgh2345", present: false, heartbeatAge: .infinity, link: .none, reach: .answersOthers),
            PeerStatus(node: "ijkl2345", present: false, heartbeatAge: nil, link: .none),
        ]
        let text = StatusText.peers(peers, withAddresses: false)
        #expect(text.contains("abcd2345    yes      3 s ago    outbound  reached") && !text.contains("192.0.2.1"))
        #expect(text.contains("none      answers others") && text.contains("none      never called"))
        #expect(StatusText.peers(peers, withAddresses: true).contains("192.0.2.1:4700"))
        #expect(StatusText.peers([], withAddresses: false) == "no other member is known yet")
    }

    @Test("up's first lines name the node and the next command")
    func started() {
        let text = StatusText.started(status)
        #expect(text.contains("abcd2345") && text.contains("12 members known") && text.contains("passant meet"))
        #expect(text.contains("listening to nobody"))
    }
}
