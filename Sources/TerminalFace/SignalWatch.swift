internal import Dispatch
internal import Glibc

/// Tells about signals as a stream instead of dying of them.
public final class SignalWatch {
    /// The numbers of the signals that arrived.
    public let signals: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]

    /// From now on these signals do nothing but appear in `signals`.
    public init(_ numbers: [Int32]) {
        let (signals, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(16))
        self.signals = signals
        let queue = DispatchQueue(label: "passant.signals")
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// What asks a command to end.
    public static let ending: [Int32] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// The exit code for such a signal: 130 for Ctrl-C, 0 for an orderly stop.
    public static func exitCode(_ number: Int32) -> Int32 { number == SIGTERM ? 0 : 128 + number }

    /// A write to a closed pipe is an error to handle, not the end of the process.
    public static func ignorePipe() { signal(SIGPIPE, SIG_IGN) }
}
