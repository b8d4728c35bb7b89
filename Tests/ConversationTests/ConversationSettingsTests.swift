// The defaults are the protocol's numbers: Protocol/07-conversation.md, "Limits".

import Conversation
import Essentials
import Testing

@Suite("Numbers of a conversation")
struct ConversationSettingsTests {
    private let settings = ConversationSettings()

    @Test("times are those of the page")
    func times() {
        #expect(settings.handshakeTime == .seconds(5))
        #expect(settings.openingTime == .seconds(3))
        #expect(settings.safetyWordsTime == .seconds(30))
        #expect(settings.typingIdle == .seconds(5))
        #expect(settings.typingReminder == .seconds(10))
        #expect(settings.typingShown == .seconds(15))
        #expect(settings.pingAfter == .seconds(3))
        #expect(settings.pingJitter == .milliseconds(600))
        #expect(settings.silenceMaximum == .seconds(10))
    }

    @Test("sizes and rates of texts are those of the page")
    func texts() {
        #expect(settings.beforeAnswer == SpeakingLimits(characters: 500, burst: 64, perSecond: 1))
        #expect(settings.afterAnswer == SpeakingLimits(characters: 4_000, burst: 128, perSecond: 10))
        #expect(settings.textBytesMaximum == 16_000)
        #expect(settings.slack == 2)
        #expect(settings.unacknowledgedMaximum == 256)
        #expect(ConversationSettings.questionCharacters == 10...200)
    }

    @Test("rates of everything else are those of the page")
    func rates() {
        #expect(settings.typingBurst == 8)
        #expect(settings.typingPerSecond == 1)
        #expect(settings.packetBurst == 1_024)
        #expect(settings.packetsPerSecond == 100)
        #expect(settings.pingBurst == 16)
        #expect(settings.pingsPerSecond == 2)
    }

    @Test("version 1 speaks version 1 and knows how to resume, to tell of logs and to keep in touch")
    func version() {
        #expect(settings.versions == 1...1)
        #expect(settings.features == 7)
        #expect(settings.resumeTime == .seconds(150) && settings.resumeTimeBeforeTexts == .seconds(20))
    }
}
