import Essentials
import Pairing
import Sodium
import Testing

@Suite("The tree over shares")
struct ShareTreeTests {
    private static func leaves(_ count: Int) -> [Bytes32] {
        (0..<count).map { Blake2b.hash(domain: "test", [UInt8($0)]) }
    }

    @Test("every share is under the root at its own index only", arguments: 1...9)
    func holds(count: Int) throws {
        let shares = Self.leaves(count)
        let tree = try #require(ShareTree(shares))
        for index in 0..<count {
            for claimed in -1...9 {
                let holds = ShareTree.holds(
                    shares[index], index: claimed, count: count, path: tree.paths[index], root: tree.root)
                #expect(holds == (claimed == index))
            }
        }
    }

    @Test("another share, another root, a shorter or longer path are refused", arguments: 1...9)
    func refusals(count: Int) throws {
        let shares = Self.leaves(count)
        let tree = try #require(ShareTree(shares))
        for index in 0..<count {
            let (share, path, root) = (shares[index], tree.paths[index], tree.root)
            #expect(!ShareTree.holds(.zero, index: index, count: count, path: path, root: root))
            #expect(!ShareTree.holds(share, index: index, count: count, path: path, root: .zero))
            #expect(!ShareTree.holds(share, index: index, count: count, path: path + [.zero], root: root))
            let shorter = Array(path.dropLast())
            #expect(!ShareTree.holds(share, index: index, count: count, path: shorter + [.zero], root: root))
            if !path.isEmpty {
                #expect(!ShareTree.holds(share, index: index, count: count, path: shorter, root: root))
            }
        }
    }

    @Test("a node is no leaf: the inside of one tree cannot be shown as a share")
    func nodesAreNoLeaves() throws {
        let shares = Self.leaves(4)
        let tree = try #require(ShareTree(shares))
        let left = Blake2b.hash(
            domain: "passant/share-node/1",
            Blake2b.hash(domain: "passant/share-leaf/1", [0], shares[0].bytes).bytes,
            Blake2b.hash(domain: "passant/share-leaf/1", [1], shares[1].bytes).bytes)
        #expect(!ShareTree.holds(left, index: 0, count: 2, path: [tree.paths[0][1]], root: tree.root))
    }

    @Test("paths have at most four hashes and the shape follows from the number of leaves")
    func shape() throws {
        let lengths = try (1...9).map { try #require(ShareTree(Self.leaves($0))).paths.map(\.count) }
        #expect(lengths[0] == [0])
        #expect(lengths[2] == [2, 2, 1])
        #expect(lengths[4] == [3, 3, 3, 3, 1])
        #expect(lengths[8] == [4, 4, 4, 4, 4, 4, 4, 4, 1])
    }

    @Test("no share is under a root of none or of ten, though the hashes fit")
    func impossibleCounts() throws {
        let shares = Self.leaves(10)
        func leaf(_ index: Int) -> Bytes32 {
            Blake2b.hash(domain: "passant/share-leaf/1", [UInt8(index)], shares[index].bytes)
        }
        func node(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
            Blake2b.hash(domain: "passant/share-node/1", left.bytes, right.bytes)
        }
        let left = try #require(ShareTree(Array(shares[..<8]))).root
        let root = node(left, node(leaf(8), leaf(9)))
        #expect(!ShareTree.holds(shares[8], index: 8, count: 10, path: [leaf(9), left], root: root))
        for count in [Int.min, -1, 0] {
            #expect(!ShareTree.holds(shares[0], index: 0, count: count, path: [], root: leaf(0)))
        }
        #expect(ShareTree.holds(shares[0], index: 0, count: 1, path: [], root: leaf(0)))
    }

    @Test("a tree of none or of ten is refused")
    func sizes() {
        #expect(ShareTree([]) == nil)
        #expect(ShareTree(Self.leaves(10)) == nil)
    }
}
