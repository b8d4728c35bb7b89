// Events and commands as arrays: the names are Omegle's and stay as they are.

import ControlAPI
import Testing

struct MeetWireTests {
    static let events: [(MeetEvent, String)] = [
        (.waiting, #"["waiting"]"#),
        (.connected, #"["connected"]"#),
        (.commonLikes(["jazz", "go"]), #"["commonLikes",["jazz","go"]]"#),
        (.typing, #"["typing"]"#),
        (.stoppedTyping, #"["stoppedTyping"]"#),
        (.gotMessage("hi"), #"["gotMessage","hi"]"#),
        (.question("Why?"), #"["question","Why?"]"#),
        (.spyMessage("Stranger 1", "hi"), #"["spyMessage","Stranger 1","hi"]"#),
        (.spyTyping("Stranger 1"), #"["spyTyping","Stranger 1"]"#),
        (.spyStoppedTyping("Stranger 2"), #"["spyStoppedTyping","Stranger 2"]"#),
        (.spyDisconnected("Stranger 1"), #"["spyDisconnected","Stranger 1"]"#),
        (.serverMessage("no cover: 2 members"), #"["serverMessage","no cover: 2 members"]"#),
        (.strangerDisconnected, #"["strangerDisconnected"]"#),
        (.error("no"), #"["error","no"]"#),
        (.safetyWords(["a", "b"]), #"["safetyWords",["a","b"]]"#),
        (.delivered(3), #"["delivered",3]"#),
        (.interrupted, #"["interrupted"]"#),
        (.resumed, #"["resumed"]"#),
        (.refused(["issuer": "x"]), #"["refused",{"issuer":"x"}]"#),
        (.saved, #"["saved"]"#),
        (.keptInTouch("Ann"), #"["keptInTouch","Ann"]"#),
        (.blocked(["reason": "harassment"]), #"["blocked",{"reason":"harassment"}]"#),
    ]

    static let commands: [(MeetCommand, String)] = [
        (.send("hi"), #"["send","hi"]"#),
        (.typing, #"["typing"]"#),
        (.stoppedTyping, #"["stoppedtyping"]"#),
        (.disconnect, #"["disconnect"]"#),
        (.new, #"["new"]"#),
        (.stopLookingForCommonLikes, #"["stoplookingforcommonlikes"]"#),
        (.lookForCommonLikes, #"["lookforcommonlikes"]"#),
        (.block("harassment"), #"["block","harassment"]"#),
        (.report("harassment", [1, 4]), #"["report","harassment",[1,4]]"#),
        (.save, #"["save"]"#),
        (.keepInTouch("the one who likes tea"), #"["keepintouch","the one who likes tea"]"#),
    ]

    @Test("every event is written and read in Omegle's form")
    func everyEvent() throws {
        for (event, wire) in Self.events {
            #expect(event.json.text == wire)
            #expect(try MeetEvent(json: JSON(parsing: wire)) == event)
        }
    }

    @Test("every command is written and read in Omegle's form")
    func everyCommand() throws {
        for (command, wire) in Self.commands {
            #expect(command.json.text == wire)
            #expect(try MeetCommand(json: JSON(parsing: wire)) == command)
        }
        #expect(Set(Self.commands.map(\.0.name)) == Set(MeetCommand.names))
    }

    @Test(
        "an event with other values than it has is refused",
        arguments: [
            "[]", "{}", "3", "[3]", #"["nothing"]"#, #"["waiting",1]"#, #"["gotMessage"]"#, #"["gotMessage",1]"#,
            #"["delivered",-1]"#,
            #"["delivered","1"]"#, #"["commonLikes","a"]"#, #"["commonLikes",[1]]"#, #"["spyMessage","x"]"#,
            #"["refused","x"]"#,
        ])
    func badEvents(_ wire: String) throws {
        let json = try JSON(parsing: wire)
        #expect(throws: JSONFault.self) { try MeetEvent(json: json) }
    }

    @Test(
        "a command that is none says what is wrong with it",
        arguments: [
            ("3", "a command is a JSON array"), ("[]", "a command is a JSON array"),
            ("[1]", "a command is a JSON array"),
            (#"["frob"]"#, "unknown command \"frob\""), (#"["stoppedTyping"]"#, "unknown command"),
            (#"["send"]"#, "send is written"),
            (#"["send",1]"#, "send is written"), (#"["send","a","b"]"#, "send is written"),
            (#"["send",""]"#, "send is written"),
            (#"["new",1]"#, "new is written"), (#"["block"]"#, "block is written"),
            (#"["block",""]"#, "block is written"),
            (#"["keepintouch"]"#, "keepintouch is written"), (#"["keepintouch"," "]"#, "keepintouch is written"),
            (#"["keepintouch","a\nb"]"#, "keepintouch is written"), (#"["keepintouch",1]"#, "keepintouch is written"),
            (#"["report","x",["1"]]"#, "report is written"), (#"["report","x",[0]]"#, "report is written"),
        ])
    func badCommands(_ wire: String, _ words: String) throws {
        let json = try JSON(parsing: wire)
        do {
            _ = try MeetCommand(json: json)
            Issue.record("\(wire) was taken")
        } catch { #expect("\(error)".contains(words)) }
    }

    @Test("a report may name no messages")
    func reportWithoutMessages() throws {
        #expect(try MeetCommand(json: JSON(parsing: #"["report","spam"]"#)) == .report("spam", []))
    }

    @Test("a text of 16,000 bytes can be sent, and not one byte more")
    func longTexts() throws {
        _ = try MeetCommand(json: ["send", .string(String(repeating: "x", count: 16_000))])
        #expect(throws: MeetCommandFault.tooLong(bytes: 16_001)) {
            try MeetCommand(json: ["send", .string(String(repeating: "x", count: 16_001))])
        }
    }
}
