/// What kind of stranger a person wishes to meet, and how.
public struct MeetWish: Hashable, Sendable {
    /// Interests, at most 8.
    public var interests: [String]
    /// BCP 47 language tags, at most 4, the best first.
    public var languages: [String]
    /// The community whose people to meet; nil for the open mesh.
    public var community: String?
    /// Members on the path: 3, or 5 for one more on each side that asks for it.
    public var cover: Int
    /// A question for two strangers to discuss while the asker watches.
    public var question: String?
    /// Discuss a question that somebody asks.
    public var discuss: Bool
    /// A friend, by name, and nobody else.
    public var friend: String?

    public init(
        interests: [String] = [], languages: [String] = [], community: String? = nil, cover: Int = 3,
        question: String? = nil, discuss: Bool = false, friend: String? = nil
    ) {
        self.interests = interests
        self.languages = languages
        self.community = community
        self.cover = cover
        self.question = question
        self.discuss = discuss
        self.friend = friend
    }

    public static let interestsMaximum = 8
    public static let languagesMaximum = 4
    static let textMaximum = 200

    /// Throws for what this release cannot do yet.
    public func refuseUnbuilt() throws(ControlError) {
        if community != nil { throw .notBuiltYet("--community") }
    }

    /// Members that say nothing are left out.
    public var json: JSON {
        var members: [JSON.Member] = []
        if !interests.isEmpty { members.append(JSON.Member("interests", .strings(interests))) }
        if !languages.isEmpty { members.append(JSON.Member("languages", .strings(languages))) }
        if let community { members.append(JSON.Member("community", .string(community))) }
        members.append(JSON.Member("cover", .integer(Int64(cover))))
        if let question { members.append(JSON.Member("question", .string(question))) }
        if discuss { members.append(JSON.Member("discuss", .bool(true))) }
        if let friend { members.append(JSON.Member("friend", .string(friend))) }
        return .object(members)
    }

    /// Refuses members it does not know, over-long texts, more than 8 interests or 4 languages, and a cover other than 3 or 5.
    public init(json: JSON) throws(JSONFault) {
        try json.only(["interests", "languages", "community", "cover", "question", "discuss", "friend"])
        self.init(
            interests: json["interests"] == nil ? [] : try json.strings("interests"),
            languages: json["languages"] == nil ? [] : try json.strings("languages"),
            community: try json.optionalString("community"),
            cover: json["cover"] == nil ? 3 : try json.integer("cover"),
            question: try json.optionalString("question"),
            discuss: json["discuss"] == nil ? false : try json.bool("discuss"),
            friend: try json.optionalString("friend"))
        guard cover == 3 || cover == 5 else { throw .missing(name: "cover") }
        guard interests.count <= Self.interestsMaximum else { throw .missing(name: "interests") }
        guard languages.count <= Self.languagesMaximum else { throw .missing(name: "languages") }
        for text in interests + languages + [community, question, friend].compactMap({ $0 })
        where text.utf8.count > 4 * Self.textMaximum {
            throw .missing(name: "text")
        }
    }
}
