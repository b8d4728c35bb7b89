// Settings that are right one by one can still contradict each other.

extension Settings {
    /// Judges the settings together, for a node that is about to start.
    public func check() throws(PassantError) {
        if let address = address.value {
            if address.isUnspecified {
                throw fault(
                    "address-unspecified", "address \(address) cannot be published (\(self.address.origin))",
                    "it stands for every address of a machine, so nobody could reach it",
                    "Give the address that others reach: --address HOST:\(address.port)", self.address.origin)
            }
            if address.port == 0 {
                throw fault(
                    "address-without-port", "address \(address) cannot be published (\(self.address.origin))",
                    "its port is 0, so nobody could reach it",
                    "Give the port that others reach: --address \(address.hostText):4700", self.address.origin)
            }
        }
        guard role.value == .member else { return }
        guard !listen.value.isEmpty else {
            throw fault(
                "member-without-listen", "a member needs a place to listen (role is member by \(role.origin))",
                "nobody could reach it", "Say where: passant up --member --listen HOST:PORT", role.origin)
        }
        if address.value == nil, let listen = listen.value.first(where: \.isUnspecified) {
            let port = listen.port == 0 ? "PORT" : String(listen.port)
            throw fault(
                "address-needed", "listening on \(listen) needs an address to publish",
                "\(listen.hostText) means every address of this machine; the record must name one that others reach",
                "Name it: passant up --member --listen \(listen) --address HOST:\(port)", self.listen.origin)
        }
    }

    /// Things that are allowed and probably not meant, each a sentence.
    public var warnings: [String] {
        guard role.value == .leaf else { return [] }
        var warnings: [String] = []
        if !listen.value.isEmpty {
            warnings.append("listen (\(listen.origin)) has no effect: a leaf accepts no links; --member would.")
        }
        if address.value != nil {
            warnings.append("address (\(address.origin)) has no effect: a leaf publishes nothing; --member would.")
        }
        return warnings
    }

    private func fault(
        _ code: String, _ message: String, _ reason: String, _ remedy: String, _ origin: SettingOrigin
    ) -> PassantError {
        let exit: ExitCode = if case .flag = origin { .usage } else { .configuration }
        return PassantError(code: code, message: message, reason: reason, remedy: remedy, exit: exit)
    }
}
