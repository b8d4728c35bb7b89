// Verbs that this release does not have yet. Their names are taken, so that no script written today
// means something else tomorrow.

import ArgumentParser
import ControlAPI

/// A verb that takes anything and says that it is not built yet.
protocol Unbuilt: ParsableCommand {
    static var verbs: [String] { get }
    var rest: [String] { get }
}

extension Unbuilt {
    static func about(_ verb: String, _ abstract: String) -> CommandConfiguration {
        CommandConfiguration(commandName: verb, abstract: abstract)
    }

    mutating func run() throws {
        let words = [Self.configuration.commandName, rest.first { Self.verbs.contains($0) }].compactMap { $0 }
        throw ControlError.notBuiltYet((["passant"] + words).joined(separator: " "))
    }
}

struct Doctor: Unbuilt {
    static let configuration = about("doctor", "Find out what is wrong.")
    static let verbs: [String] = []
    @Argument(parsing: .captureForPassthrough) var rest: [String] = []
}

struct Block: Unbuilt {
    static let configuration = about("block", "Refuse people, and share whom.")
    static let verbs = [
        "add", "remove", "allow", "list", "why", "subscribe", "unsubscribe", "subscriptions", "publish", "export",
        "import",
    ]
    @Argument(parsing: .captureForPassthrough) var rest: [String] = []
}

struct Community: Unbuilt {
    static let configuration = about("community", "Meet under rules of your own.")
    static let verbs = ["create", "show", "list", "admit", "join", "leave", "federate", "moderate"]
    @Argument(parsing: .captureForPassthrough) var rest: [String] = []
}

struct Report: Unbuilt {
    static let configuration = about("report", "Show chosen messages to a community's moderators.")
    static let verbs: [String] = []
    @Argument(parsing: .captureForPassthrough) var rest: [String] = []
}

struct Backup: Unbuilt {
    static let configuration = about("backup", "Write the node's key and settings to one sealed file.")
    static let verbs: [String] = []
    @Argument(parsing: .captureForPassthrough) var rest: [String] = []
}

struct Restore: Unbuilt {
    static let configuration = about("restore", "Bring back what a backup holds.")
    static let verbs: [String] = []
    @Argument(parsing: .captureForPassthrough) var rest: [String] = []
}

struct Wipe: Unbuilt {
    static let configuration = about("wipe", "Remove everything that this node keeps.")
    static let verbs: [String] = []
    @Argument(parsing: .captureForPassthrough) var rest: [String] = []
}
