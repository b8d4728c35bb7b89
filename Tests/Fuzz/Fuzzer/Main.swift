// The fuzzer's program: `fuzz TARGET` with libFuzzer's own arguments, or `fuzz seeds TARGET DIRECTORY`.

internal import FuzzHarness
internal import Glibc

typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

/// libFuzzer's own main function, in a form that may be called.
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>, _ callback: Callback
) -> CInt

/// Written once, before the driver starts.
nonisolated(unsafe) private var chosen = FuzzTarget.canary

/// Names the target for the program's own children.
private let variable = "PASSANT_FUZZ_TARGET"

private func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

private func runOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try chosen.run(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        say("Broken promise of target \(chosen.rawValue): \(error)")
        abort()
    }
    return 0
}

private func writeSeeds(of target: FuzzTarget, to folder: String) -> CInt {
    do {
        for (index, seed) in try target.seeds().enumerated() {
            // Each runs before it is kept, so that a seed that breaks a promise is seen here.
            try target.run(seed)
            let path = "\(folder)/seed-\(index)"
            guard let file = fopen(path, "wb") else {
                say("Cannot write \(path).")
                return 1
            }
            _ = seed.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
            fclose(file)
        }
        return 0
    } catch {
        say("\(target.rawValue): \(error)")
        return 1
    }
}

/// SwiftPM links an executable so that its main function is `<product>_main`.
@_cdecl("fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    let words = (0..<Int(count)).compactMap { arguments?[$0].map { String(cString: $0) } }
    if words.count == 4, words[1] == "seeds", let target = FuzzTarget(rawValue: words[2]) {
        return writeSeeds(of: target, to: words[3])
    }
    if words.count == 3, words[1] == "length", let target = FuzzTarget(rawValue: words[2]) {
        print(target.lengthMaximum)
        return 0
    }
    if words.count >= 2, let target = FuzzTarget(rawValue: words[1]) {
        chosen = target
        // The driver calls this program again with the arguments that it knows, to merge inputs.
        setenv(variable, target.rawValue, 1)
        // It sees the arguments without the target's name.
        var remaining = count - 1
        arguments?[1] = arguments?[0]
        var shifted = arguments.map { $0 + 1 }
        return runDriver(&remaining, &shifted, runOne)
    }
    guard let name = getenv(variable), let target = FuzzTarget(rawValue: String(cString: name)) else {
        let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
        say("usage: fuzz TARGET [libFuzzer's arguments] | seeds TARGET DIRECTORY | length TARGET; targets: \(names)")
        return 64
    }
    chosen = target
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments, runOne)
}
