// Where halves of paths wait for each other. Two that show the same token are joined, once; the token is then used
// up for good. This file decides; the streams are put together elsewhere.

internal import Essentials

struct Doors {
    enum Verdict: Hashable {
        case waits
        case joins(ArrivalID)
        case refused
    }

    private struct Half {
        let arrival: ArrivalID
        let link: LinkID
    }

    private let limits: RelayingLimits
    private var waiting: [Bytes32: Half] = [:]
    private var perLink: [LinkID: Int] = [:]
    private var used: RecentSet<Bytes32>

    init(limits: RelayingLimits) {
        self.limits = limits
        used = RecentSet(capacity: limits.tokensRemembered)
    }

    var count: Int { waiting.count }

    mutating func arrive(_ arrival: ArrivalID, token: Bytes32, over link: LinkID) -> Verdict {
        // Whoever comes third knows the token from somewhere, and has no business here.
        guard !used.contains(token) else { return .refused }
        if let first = waiting[token] {
            leave(token)
            used.insert(token)
            return .joins(first.arrival)
        }
        guard waiting.count < limits.doorWaiting, perLink[link, default: 0] < limits.doorWaitingPerLink else {
            return .refused
        }
        waiting[token] = Half(arrival: arrival, link: link)
        perLink[link, default: 0] += 1
        return .waits
    }

    /// A waiting half has gone, or has been joined. A token that only waited may come again.
    mutating func leave(_ token: Bytes32) {
        guard let half = waiting.removeValue(forKey: token) else { return }
        let remaining = perLink[half.link, default: 0] - 1
        perLink[half.link] = remaining > 0 ? remaining : nil
    }
}
