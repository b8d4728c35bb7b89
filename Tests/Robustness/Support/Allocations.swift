// What a piece of code takes from the heap, counted block by block.

import HeapCounter

/// What was done to the heap, in bytes, each block with its header.
struct Allocations {
    /// Taken and not given back at the end, results included.
    let held: Int
    /// The most that was taken and not given back at one time.
    let peak: Int
    /// Taken in all.
    let total: Int

    /// Measures what `body` does on this thread. Not within another measurement.
    static func measure<Result>(_ body: () throws -> Result) rethrows -> (result: Result, heap: Allocations) {
        var count = heap_count()
        let result = try withUnsafeMutablePointer(to: &count) { place in
            heap_count_into(place)
            defer { heap_count_into(nil) }
            return try body()
        }
        return (result, Allocations(held: count.held, peak: count.peak, total: count.total))
    }
}
