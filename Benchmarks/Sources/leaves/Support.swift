// Output, the end, and clocks.

import Glibc
import NIOCore

func say(_ line: String) { put(line, to: STDOUT_FILENO) }

func note(_ text: String) { put("leaves: \(text)", to: STDERR_FILENO) }

/// Without the library's streams, whose locks the reader of the input holds while it waits.
private func put(_ line: String, to file: Int32) {
    let bytes = Array("\(line)\n".utf8)
    write(file, bytes, bytes.count)
}

func stop(_ text: String) -> Never {
    note(text)
    exit(1)
}

func seconds(since begun: NIODeadline) -> Double { Double((NIODeadline.now() - begun).nanoseconds) / 1e9 }

func wallMilliseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000 + UInt64(time.tv_nsec) / 1_000_000
}
