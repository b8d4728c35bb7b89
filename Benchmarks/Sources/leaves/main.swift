// Leaves that load real members. It says what came of it in lines of JSON; a line on its input starts what is timed,
// and the end of its input ends it. `Scripts/bench` starts it and makes the table.
//
//     leaves attach NETWORK COUNT INVITE@PORT
//     leaves bulk NETWORK PAYLOAD CLASS MEGABYTES HOME@PORT DOOR@PORT HOME@PORT
//     leaves words NETWORK MEETINGS TEXTS HOME@PORT DOOR@PORT HOME@PORT

import Glibc
import NIOCore
import NIOPosix

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 4 else { stop("leaves attach|bulk|words NETWORK …") }
let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

/// What is under way; only the loop touches it.
final class Load {
    var leaves: [End] = []
    var bulk: Bulk?
    var words: Words?
    var path: Path?
}

let load = try await loop.submit { NIOLoopBound(Load(), eventLoop: loop) }.get()
try await loop.submit {
    let load = load.value
    func number(_ index: Int) -> Int {
        guard let number = Int(arguments[index]) else { stop("no number: \(arguments[index])") }
        return number
    }
    let invites = arguments.filter { $0.hasPrefix("passant:") }
    Members.find(arguments[1], invites, on: loop) { members in
        switch arguments[0] {
        case "attach":
            var attached = 0
            // A few at a time, as leaves come in life; a member lets 16 a second of one address in.
            func more() {
                guard load.leaves.count < number(2) else { return }
                let end = End(members, home: members.all[0], door: members.all[0], on: loop)
                load.leaves.append(end)
                end.onHome = {
                    attached += 1
                    if attached == number(2) { say("{\"attached\":\(attached)}") }
                    more()
                }
            }
            for _ in 0..<8 { more() }
        case "bulk":
            load.bulk = Bulk(
                members, payload: number(2), class: number(3), megabytes: number(4), on: loop
            ) { _ in say("{\"ready\":true}") }
        case "words":
            let path = Path(members, on: loop) { say("{\"ready\":true}") }
            load.path = path
            load.words = Words(path, meetings: number(2), texts: number(3), on: loop)
        default: stop("attach, bulk or words")
        }
    }
}.get()

while readLine() != nil {
    try await loop.submit {
        load.value.bulk?.go()
        load.value.words?.go()
    }.get()
}
exit(0)
