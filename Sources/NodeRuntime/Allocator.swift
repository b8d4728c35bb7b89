// How glibc's allocator should behave in a process that runs a node.

private import CAllocator

/// What the process asks of its memory allocator.
enum Allocator {
    /// The C library gives memory at the end of a heap back to the system as soon as 128 KiB of it are free. A member
    /// that forwards takes and frees about as much with every read, so it would give pages away and fault them in
    /// again all the time. Asking twice changes nothing.
    static func keepWorkingMemory() {
        mallopt(M_TRIM_THRESHOLD, 2 << 20)
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
    }
}
