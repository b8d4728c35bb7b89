// The JSON that scripts read: golden texts, which only ever grow.

import ControlAPI
import Testing

struct SchemaTests {
    @Test("status is passant.status/1")
    func status() throws {
        let text = NodeStatus.sample.json.text
        #expect(
            text
                == #"{"schema":"passant.status/1","node":"abcd2345","network":"local-test","role":"member","members":3,"#
                + #""links":2,"table":{"known":4,"expected":5},"homes":[{"node":"efgh2345","live":true},{"node":"ijkl2345","live":false}],"cover":3,"#
                + #""listening":["127.0.0.1:4700"],"version":"\#(Product.version)","looking":{"estimate":12,"age":3.5},"puzzle":{"solved":false,"progress":0.25},"#
                + #""warnings":["all that is known came from one invite"],"#
                + #""conversations":[{"state":"talking","home":"efgh2345","door":"mnop2345","cover":3},"#
                + #"{"state":"seeking","home":null,"door":null,"cover":0}],"counters":{"a.one":1,"b.two":2}}"#)
        #expect(try NodeStatus(json: JSON(parsing: text)) == .sample)
    }

    @Test("members of a later version are ignored")
    func additive() throws {
        var members = try #require(NodeStatus.sample.json.members)
        members.append(JSON.Member("later", ["x": 1]))
        #expect(try NodeStatus(json: .object(members)) == .sample)
    }

    @Test("a status without one of its members is refused")
    func incomplete() throws {
        let members = try #require(NodeStatus.sample.json.members)
        for missing in members where missing.name != "schema" {
            #expect(throws: JSONFault.self) { try NodeStatus(json: .object(members.filter { $0 != missing })) }
        }
    }

    @Test("peers are passant.peers/1, without addresses unless they are asked for")
    func peers() throws {
        let peers = [
            PeerStatus(
                node: "abcd", present: true, heartbeatAge: 1.23456, link: .inbound, reach: .answersOthers,
                addresses: ["192.0.2.1:4700"]),
            PeerStatus(node: "efgh", present: false, heartbeatAge: nil, link: .none),
        ]
        #expect(
            PeerStatus.json(of: peers, withAddresses: false).text
                == #"{"schema":"passant.peers/1","peers":[{"node":"abcd","present":true,"heartbeatAge":1.235,"link":"inbound","#
                + #""reach":"answersOthers"},"#
                + #"{"node":"efgh","present":false,"heartbeatAge":null,"link":"none","reach":"unknown"}]}"#)
        let read = try PeerStatus.list(json: PeerStatus.json(of: peers, withAddresses: true))
        #expect(read.map(\.addresses) == [["192.0.2.1:4700"], []])
        #expect(read.map(\.reach) == [.answersOthers, .unknown])
        let older = try JSON(parsing: Array(#"{"node":"a","present":true,"heartbeatAge":1,"link":"none"}"#.utf8))
        #expect(try PeerStatus(json: older).reach == .unknown)
    }

    @Test("friends are passant.friends/1")
    func friends() throws {
        #expect(FriendsReply.json(of: ["Ann"]).text == #"{"schema":"passant.friends/1","friends":["Ann"]}"#)
    }

    @Test("nobody has looked yet is null, and that is another thing than nobody looks")
    func looking() throws {
        var status = NodeStatus.sample
        status.looking = nil
        #expect(status.json.text.contains(#""looking":null"#))
        #expect(try NodeStatus(json: status.json).looking == nil)
        status.looking = NodeStatus.Looking(estimate: 0, age: 0)
        #expect(try NodeStatus(json: status.json) == status)
    }

    @Test("invite and join have their schemas")
    func replies() throws {
        let invite = InviteReply(invite: "passant:a", entries: 2, expires: 5)
        #expect(invite.json.text == #"{"schema":"passant.invite/1","invite":"passant:a","entries":2,"expires":5}"#)
        #expect(try InviteReply(json: invite.json) == invite)
        let join = JoinReply(added: 1, known: 2)
        #expect(join.json.text == #"{"schema":"passant.join/1","added":1,"known":2}"#)
        #expect(try JoinReply(json: join.json) == join)
    }

    @Test("an error carries code, message and remedy, and an exit code that a shell can have")
    func errors() throws {
        let error = ControlError(code: "x", message: "m", remedy: "r", exitCode: 4_000)
        #expect(error.json.text == #"{"code":"x","message":"m","remedy":"r","exit":125}"#)
        #expect(try ControlError(json: error.json) == error)
        #expect(try ControlError(json: ControlError.notRunning(at: "/s").json) == .notRunning(at: "/s"))
        #expect(ControlError.notRunning(at: "/s").exitCode == 69)
    }

    @Test("a wish is read back, and a strange one refused")
    func wishes() throws {
        let wish = MeetWish(
            interests: ["jazz"], languages: ["fr", "en"], community: "c", cover: 5, question: "?", discuss: true)
        #expect(try MeetWish(json: wish.json) == wish)
        #expect(try MeetWish(json: [:]) == MeetWish())
        for strange in [#"{"cover":4}"#, #"{"colour":1}"#, #"{"interests":"jazz"}"#, #"{"discuss":1}"#, "[]"] {
            let json = try JSON(parsing: strange)
            #expect(throws: JSONFault.self) { try MeetWish(json: json) }
        }
        #expect(throws: JSONFault.self) {
            try MeetWish(json: MeetWish(interests: Array(repeating: "x", count: 9)).json)
        }
        #expect(throws: JSONFault.self) {
            try MeetWish(json: MeetWish(languages: Array(repeating: "fr", count: 5)).json)
        }
        #expect(throws: JSONFault.self) {
            try MeetWish(json: MeetWish(question: String(repeating: "x", count: 801)).json)
        }
    }
}

extension JSON {
    fileprivate var members: [Member]? { if case .object(let members) = self { members } else { nil } }
}
