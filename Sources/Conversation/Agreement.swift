// What two Openings agree on. Protocol/07-conversation.md, "Phases".

internal import Wire

/// The version and the features that both sides speak.
struct Agreement: Hashable, Sendable {
    let version: UInt32
    let features: UInt64

    /// Feature bits 32–63 are critical: who sets one of them cannot talk to a side that does not know it.
    static let criticalFeatures: UInt64 = 0xFFFF_FFFF_0000_0000

    /// The highest common version, and the features that both know.
    init(settings: ConversationSettings, theirs: Opening) throws(ConversationViolation) {
        let highest = min(settings.versions.upperBound, theirs.versionMax)
        guard theirs.versionMin <= highest, settings.versions.lowerBound <= highest else { throw .version }
        guard theirs.features & Self.criticalFeatures & ~settings.features == 0 else { throw .version }
        version = highest
        features = settings.features & theirs.features
    }
}
