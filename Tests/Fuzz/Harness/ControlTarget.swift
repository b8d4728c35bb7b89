// The lines of the control socket: a value that is read writes and reads as the same, and no line that is written
// moves a terminal.

@testable import ControlAPI

enum ControlTarget {
    static func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        switch reader.below(5) {
        case 0: try value(reader.remainder())
        case 1: try clientLine(reader.remainder())
        case 2: try serverLine(reader.remainder())
        case 3: try parts(reader.remainder())
        default: try splitting(&reader)
        }
    }

    static func seeds() -> [[UInt8]] {
        let values = [
            #"{"a":[1,-2.5e3,"\u00e9\ud83d\ude00\n",true,null],"b":{}}"#, "[[[[[[]]]]]]", " 1e308 ", "-0",
            "9223372036854775808", #""\u202e""#,
        ]
        let requests = [
            #"{"passant":1,"id":1,"verb":"status","arguments":{}}"#,
            #"{"passant":1,"id":2,"verb":"peers","arguments":{"addresses":true}}"#,
            #"{"passant":1,"id":3,"verb":"invite"}"#,
            #"{"passant":1,"id":4,"verb":"join","arguments":{"invites":["passant:abc"]}}"#,
            #"{"passant":1,"id":5,"verb":"meet","arguments":{"interests":["jazz"],"languages":["fr"],"cover":3}}"#,
            #"{"id":5,"command":["send","hi"]}"#, #"{"id":5,"command":["report","spam",[1,2]]}"#,
            #"{"id":5,"command":["block","spam"]}"#, #"{"id":5,"command":["new"]}"#, #"{"id":5,"end":{}}"#,
        ]
        let answers = [
            #"{"id":1,"result":{}}"#, #"{"id":1,"begun":{}}"#, #"{"id":1,"event":["gotMessage","hi"]}"#,
            #"{"id":1,"event":["commonLikes",["a"]]}"#, #"{"id":1,"event":["delivered",3]}"#,
            #"{"id":1,"event":["refused",{"by":"x"}]}"#, #"{"id":1,"event":["spyMessage","Stranger 1","hi"]}"#,
            #"{"id":null,"error":{"code":"a","message":"b","reason":"c","remedy":"d","exit":65}}"#,
        ]
        return values.map { [0] + Array($0.utf8) } + requests.map { [1] + Array($0.utf8) }
            + answers.map { [2] + Array($0.utf8) } + [[3] + Array(status.utf8), [3] + Array(peers.utf8)]
            + [[4, 20, 3] + Array("one\r\ntwo\n\nthree and more than the limit\nfour".utf8)]
    }

    private static let status =
        #"{"schema":"passant.status/1","node":"abc","network":"main","role":"leaf","members":3,"links":0,"#
        + #""homes":[{"node":"x","live":true}],"cover":3,"listening":["a"],"version":"1","#
        + #""puzzle":{"solved":true,"progress":1.0},"warnings":["w"],"#
        + #""conversations":[{"state":"talking","home":"x","door":"y","cover":3}],"counters":{"c":1}}"#
    private static let peers =
        #"{"schema":"passant.peers/1","peers":[{"node":"a","present":true,"heartbeatAge":1.5,"link":"none","#
        + #""reach":"noAnswer","addresses":["127.0.0.1:1"]}]}"#

    private static func value(_ bytes: [UInt8]) throws {
        guard let value = try? JSON(parsing: bytes) else { return }
        let written = value.bytes
        try promise((try? JSON(parsing: written)) == value, "a value that does not read back")
        try promise(JSON(parsingOrNil: written)?.bytes == written, "two texts of one value")
        for scalar in value.text.unicodeScalars {
            let isHarmless =
                scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value)
                && !(0x2028...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value)
            try promise(isHarmless, "a line with U+\(String(scalar.value, radix: 16)) in it")
        }
    }

    private static func clientLine(_ bytes: [UInt8]) throws {
        guard let line = try? ClientLine(parsing: bytes) else { return }
        // A command that is none is answered, never sent on.
        if case .command(_, .failure(let fault)) = line {
            return try promise(!fault.description.isEmpty, "a refusal without words")
        }
        try promise((try? ClientLine(parsing: line.json.bytes)) == line, "a request that does not read back")
        if case .request(_, .meet(let wish)) = line { try? wish.refuseUnbuilt() }
    }

    private static func serverLine(_ bytes: [UInt8]) throws {
        guard let line = try? ServerLine(parsing: bytes) else { return }
        try promise((try? ServerLine(parsing: line.json.bytes)) == line, "an answer that does not read back")
    }

    /// The documents that answers carry.
    private static func parts(_ bytes: [UInt8]) throws {
        guard let json = try? JSON(parsing: bytes) else { return }
        if let status = try? NodeStatus(json: json) {
            try promise((try? NodeStatus(json: status.json)) == status, "a status that does not read back")
        }
        if let peers = try? PeerStatus.list(json: json) {
            let written = PeerStatus.json(of: peers, withAddresses: true)
            try promise((try? PeerStatus.list(json: written))?.count == peers.count, "peers that do not read back")
        }
        if let event = try? MeetEvent(json: json) {
            try promise((try? MeetEvent(json: event.json)) == event, "an event that does not read back")
        }
        if let command = try? MeetCommand(json: json) {
            try promise((try? MeetCommand(json: command.json)) == command, "a command that does not read back")
        }
        if let wish = try? MeetWish(json: json) {
            try promise((try? MeetWish(json: wish.json)) == wish, "a wish that does not read back")
        }
        if let error = try? ControlError(json: json) {
            try promise((try? ControlError(json: error.json)) == error, "an error that does not read back")
            _ = error.description
        }
    }

    /// Lines are the same however the stream is cut.
    private static func splitting(_ reader: inout InputReader) throws {
        let limit = reader.below(64) + 1
        let step = reader.below(32) + 1
        let bytes = reader.remainder()
        var (whole, pieces) = (LineSplitter(limit: limit), LineSplitter(limit: limit))
        let expected = whole.append(bytes) + whole.finish()
        var items: [LineSplitter.Item] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            items += pieces.append(rest.prefix(step))
            rest = rest.dropFirst(step)
        }
        items += pieces.finish()
        try promise(items == expected, "lines that depend on how the stream was cut")
        for case .line(let line) in items { try promise(line.count <= limit, "a line beyond the limit") }
    }
}

extension JSON {
    fileprivate init?(parsingOrNil bytes: [UInt8]) {
        guard let value = try? JSON(parsing: bytes) else { return nil }
        self = value
    }
}
