// The stranger learns nothing that lasts: fifty conversations between two leaves, each node on a host of its own, with
// every wire tapped and every trace searched afterwards.

import Canaries
import Essentials
import Foundation
import Identity
import Testing

@Suite(.serialized)
struct SecrecyTests {
    @Test(
        "fifty conversations leave a stranger without the other's address, keys and homes, on the wires and on the disk",
        .enabled(if: Namespaces.usable, "needs root and ip(8) for network namespaces"), .timeLimit(.minutes(10)))
    func fiftyConversations() async throws {
        let began = ContinuousClock.now
        let street = try await TappedStreet(conversations: 50)
        try await street.converse()
        let talked = ContinuousClock.now
        try street.expectWiresApart()
        try street.expectFrameSizes()
        try await street.expectNoTraces()
        try street.expectTapsSee()
        let figures = street.figures
        print(
            "secrecy: \(figures), conversations in \(Self.seconds(talked - began)) s,"
                + " all in \(Self.seconds(ContinuousClock.now - began)) s")
    }

    private static func seconds(_ duration: Duration) -> String { String(format: "%.0f", duration / .seconds(1)) }

    @Test("the search finds every form of a canary, wherever it stands")
    func searchSees() {
        let canaries = [
            Canary.address("address", "10.61.203.2"), Canary.bytes("key", (0..<32).map { UInt8($0 * 7 + 1) }),
            Canary.word("name", "mi6vpu3z"), Canary.number("short id", 0x623d_57d3_797f_70f5),
        ]
        for canary in canaries {
            for form in canary.forms {
                for before in [0, 1, 400] {
                    let hay = [UInt8](repeating: form.bytes[0], count: before) + form.bytes + [0, 9]
                    let found = [canary].sought(in: hay, "hay")
                    #expect(
                        found.contains { $0.form == form.name && $0.offset == before }, "\(canary.name) \(form.name)")
                }
                let cut = [canary].sought(in: Array(form.bytes.dropLast()) + [0], "hay")
                #expect(!cut.contains { $0.form == form.name }, "\(canary.name) \(form.name) is not there")
            }
        }
    }

    @Test("frames of a wrong size are found out, each where it stands")
    func framesAreJudged() {
        func frame(_ length: Int) -> [UInt8] {
            [UInt8(length >> 8), UInt8(length & 255)] + [UInt8](repeating: 5, count: length)
        }
        func faults(_ sent: [Int], _ received: [Int], preface: [UInt8] = [0x50, 1, 1]) -> [String] {
            LinkFrames(sent: preface + sent.flatMap(frame), received: received.flatMap(frame), "link").faults
        }
        #expect(faults([96, 160, 16_544, 1_184], [48, 544, 4_256]).isEmpty)
        #expect(faults([32, 64, 160], [96, 160], preface: [0x50, 1, 2]).isEmpty)
        for wrong in [0, 1, 128, 159, 161, 1_152, 16_545] {
            #expect(faults([96, 160, wrong], [48]).count == 1, "\(wrong) bytes to the callee")
            #expect(faults([96, 160], [48, 544, wrong]).count == 1, "\(wrong) bytes to the caller")
        }
        #expect(faults([97, 160], [48]).count == 1)
        #expect(faults([96], [49]).count == 1)
        #expect(faults([96], [48], preface: [0x50, 1, 3]).count == 1)
        #expect(faults([96], [48], preface: [0x47, 0x45, 0x54]).count == 1)
    }
}
