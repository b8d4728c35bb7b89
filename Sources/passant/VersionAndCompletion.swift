import ArgumentParser
import ControlAPI

/// `passant version`.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show which release this is.")

    @OptionGroup var common: CommonOptions

    func run() {
        common.show(
            [
                "schema": "passant.version/1", "version": .string(Product.version),
                "control": .integer(Int64(Product.controlVersion)),
            ], "passant \(Product.version)")
    }
}

/// `passant completion`: a script for a shell.
struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print a completion script: bash, zsh or fish.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "bash, zsh or fish")
    var shell: String

    func run() throws {
        guard let shell = CompletionShell(rawValue: shell) else {
            throw ValidationError("'\(shell)' is no shell there is a script for; there are: bash, zsh, fish")
        }
        let script = Passant.completionScript(for: shell)
        common.show(["schema": "passant.completion/1", "script": .string(script)], script)
    }
}
