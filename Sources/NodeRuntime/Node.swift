// The composition root: files, sockets, engine and control socket put together, started and stopped in order.

public import ControlAPI
internal import Essentials
internal import Foundation
internal import Identity
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import NodeEngine
internal import Observability
public import ServiceLifecycle
public import Settings
internal import Sodium
internal import Storage
internal import Transport
internal import UnixSignals
internal import Wire

/// A running node.
public final class Node: Service, Sendable {
    /// What faces talk to, also without the socket.
    public let service: any ControlService

    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let driver: NIOLoopBound<NodeDriver>
    private let control: ControlServer?
    private let memory: NodeMemory
    private let log: NodeLog
    private let isStopped = NIOLockedValueBox(false)

    private init(
        service: any ControlService, group: MultiThreadedEventLoopGroup, loop: any EventLoop,
        driver: NIOLoopBound<NodeDriver>, control: ControlServer?, memory: NodeMemory, log: NodeLog
    ) {
        self.service = service
        self.group = group
        self.loop = loop
        self.driver = driver
        self.control = control
        self.memory = memory
        self.log = log
    }

    /// Starts a node; when this returns it listens, knocks and answers.
    public static func start(_ options: NodeOptions) async throws(PassantError) -> Node {
        LogStart.once(level: options.logLevel)
        Allocator.keepWorkingMemory()
        let log = NodeLog(label: "node")
        // Whatever is wrong with what was given is said before anything is written.
        let invited = try InviteBook.network(of: options.join + options.awaited)
        let remembered = try NodeMemory.network(of: options.paths)
        let network = options.network ?? remembered ?? invited ?? "main"
        guard let policy = NetworkPolicy.named(network) else { throw Self.badNetwork(network) }
        _ = try InviteBook.read(options.awaited, policy: policy)
        let given = try InviteBook.read(options.join, policy: policy)
        let addresses = try Addresses(options, policy: policy)
        let memory = try NodeMemory.open(options, network: policy.name, log: log)
        let book = InviteBook(policy: policy, texts: memory.invites) { memory.remember(invites: $0) }
        if !options.join.isEmpty { _ = book.remember(options.join, given) }

        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let counters = CounterBoard()
        let configuration = NodeConfiguration(
            policy: policy, role: options.role == .member ? .member : .leaf, addresses: addresses.published,
            entryPoints: book.entries, repeatsAfter: .hours(Int64(options.noRepeatHours)))
        do {
            let driver = try await loop.submit {
                NIOLoopBound(
                    NodeDriver(configuration, memory: memory, counters: counters, log: log, loop: loop), eventLoop: loop
                )
            }.get()
            for place in addresses.listen {
                let bound = try await loop.flatSubmit {
                    driver.value.listen(host: place.hostText, port: Int(place.port))
                }.get()
                log.write(.listening(port: bound.port))
            }
            let service = NodeService(
                loop: loop, driver: driver, counters: counters, invites: book, policy: policy,
                listening: addresses.listen.map(\.description),
                ownEntry: addresses.published.first.flatMap {
                    try? InviteEntry(endpoint: $0, fingerprint: memory.nodeKey.fingerprint)
                })
            var control: ControlServer?
            if options.servesControl {
                control = try await ControlServer.start(serving: service, at: options.paths.socket)
            }
            try await loop.submit { driver.value.start() }.get()
            log.write(.started(isMember: options.role == .member))
            return Node(
                service: service, group: group, loop: loop, driver: driver, control: control,
                memory: memory, log: log)
        } catch {
            try? await group.shutdownGracefully()
            memory.close()
            throw Self.words(for: error)
        }
    }

    /// Runs until the service group stops it, then stops in order.
    public func run() async throws {
        try? await gracefulShutdown()
        await stop()
    }

    /// Runs until SIGTERM or SIGINT, which end it in order within ten seconds.
    public func runUntilSignalled() async throws {
        var configuration = ServiceGroupConfiguration(
            services: [ServiceGroupConfiguration.ServiceConfiguration(service: self)],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "passant.lifecycle"))
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        configuration.maximumCancellationDuration = .seconds(2)
        try await ServiceGroup(configuration: configuration).run()
    }

    /// Says goodbye to strangers and links, writes what is left to write, and lets go of the files.
    public func stop() async {
        let isFirst = isStopped.withLockedValue { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard isFirst else { return }
        log.write(.stopping)
        await control?.stop()
        let driver = driver
        try? await loop.flatSubmit { driver.value.stop() }.get()
        memory.close()
        try? await group.shutdownGracefully()
        log.write(.stopped)
    }

    private static func badNetwork(_ name: String) -> PassantError {
        PassantError(
            code: "network-name", message: "\"\(name)\" is no name of a network",
            reason: "a name has 1 to 32 characters of a–z, 0–9 and -",
            remedy: "Choose another: passant up --network NAME", exit: .usage)
    }

    private static func words(for error: any Error) -> PassantError {
        switch error {
        case let error as PassantError: error
        case let error as TransportFault: error.error
        case let error as ControlError:
            PassantError(
                code: error.code, message: error.message, reason: error.reason, remedy: error.remedy,
                exit: ExitCode(rawValue: error.exitCode) ?? .internalFault)
        default:
            PassantError(
                code: "start-failed", message: "the node could not start", reason: "\(error)",
                remedy: "Try again; if it stays, report it.", exit: .internalFault)
        }
    }
}

/// The process's log is set up once, however many nodes it starts.
private enum LogStart {
    private static let isDone = NIOLockedValueBox(false)

    static func once(level: LogLevel) {
        let isFirst = isDone.withLockedValue { done in
            defer { done = true }
            return !done
        }
        guard isFirst else { return }
        LogSetup.start(level: level, form: .detected(environment: ProcessInfo.processInfo.environment))
    }
}
