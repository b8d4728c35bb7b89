// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let collections = "swift-collections"
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: collections)
let dequeModule = Target.Dependency.product(name: "DequeModule", package: collections)
let heapModule = Target.Dependency.product(name: "HeapModule", package: collections)
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

// What simulated runs replace; see Sources/CSimulatedSodium. The linker does it, and only in programs with the simulator.
let standIns = [
    "crypto_sign_detached", "crypto_sign_verify_detached", "crypto_scalarmult_curve25519",
    "crypto_scalarmult_curve25519_base", "crypto_aead_chacha20poly1305_ietf_encrypt",
    "crypto_aead_chacha20poly1305_ietf_decrypt", "crypto_pwhash_argon2id",
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude,
        // Optimising the tests themselves takes twice as long as everything else about them, and makes them no faster.
        swiftSettings: strict + [.unsafeFlags(["-Onone"])])
}

let package = Package(
    name: "passant",
    products: [
        .executable(name: "passant", targets: ["passant"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // MARK: ground
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CAllocator"),
        library("Essentials", [dequeModule, heapModule]),
        library("Sodium", ["Essentials", "CSodium"]),

        // MARK: base
        library("Noise", ["Essentials", "Sodium"]),
        library("Wire", ["Essentials", "Sodium", protobuf]),
        library("Identity", ["Essentials", "Sodium", "Wire"]),

        // MARK: engines
        library(
            "Membership", ["Essentials", "Sodium", "Wire", "Identity", orderedCollections, dequeModule, heapModule]),
        library("Relaying", ["Essentials", "Sodium", "Noise", "Wire", "Identity", orderedCollections, dequeModule]),
        library("Pairing", ["Essentials", "Sodium", "Wire", "Identity"]),
        library("Conversation", ["Essentials", "Sodium", "Noise", "Wire"]),

        // MARK: whole
        library(
            "NodeEngine",
            [
                "Essentials", "Sodium", "Wire", "Identity", "Membership", "Relaying", "Pairing", "Conversation",
                orderedCollections, dequeModule,
            ]),

        // MARK: adapters
        library("Transport", ["Wire", "Settings", dequeModule] + nio),
        library("Storage", ["Essentials", "Sodium", "Settings", grdb]),
        library("Settings", ["Essentials", toml]),
        library("Observability", ["Essentials", "Settings", logging, metrics]),
        library("WishText", []),

        // MARK: shells
        library(
            "NodeRuntime",
            [
                "CAllocator", "Essentials", "Sodium", "Wire", "Identity", "NodeEngine", "Transport", "Storage",
                "Settings", "Observability", "WishText", "ControlAPI", logging, lifecycle, unixSignals,
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            ] + nio),
        .target(
            name: "CSimulatedSodium", dependencies: ["CSodium"],
            linkerSettings: [.unsafeFlags(standIns.flatMap { ["-Xlinker", "--wrap=\($0)"] })]),
        library(
            "Simulator",
            [
                "CSimulatedSodium", "Essentials", "Sodium", "Noise", "Wire", "Identity", "Pairing", "NodeEngine",
                heapModule,
            ]),

        // MARK: control and faces
        library("ControlAPI", nio),
        library("TerminalFace", ["Essentials", "ControlAPI"]),
        .executableTarget(
            name: "passant",
            dependencies: [
                "ControlAPI", "TerminalFace", "Settings", "NodeRuntime", argumentParser,
            ], swiftSettings: strict),
        .executableTarget(
            name: "simulate", dependencies: ["Essentials", "Simulator", argumentParser], swiftSettings: strict),

        // MARK: tests
        .target(name: "Canaries", dependencies: ["Essentials"], path: "Tests/Canaries", swiftSettings: strict),
        .target(name: "ChildProcess", path: "Tests/ChildProcess", swiftSettings: strict),
        tests("EssentialsTests", ["Essentials"]),
        tests("SodiumTests", ["Essentials", "Sodium"]),
        tests("NoiseTests", ["Essentials", "Sodium", "Noise"]),
        tests(
            "Conformance",
            [
                "Essentials", "Sodium", "Noise", "Wire", "Identity", "Membership", "Relaying", "Pairing",
                "Conversation", "WishText",
            ]),
        tests("WireTests", ["Essentials", "Sodium", "Wire"]),
        tests("IdentityTests", ["Essentials", "Sodium", "Wire", "Identity"]),
        tests("MembershipTests", ["Essentials", "Sodium", "Wire", "Identity", "Membership", orderedCollections]),
        tests("RelayingTests", ["Essentials", "Sodium", "Noise", "Wire", "Identity", "Relaying"]),
        tests("PairingTests", ["Essentials", "Sodium", "Wire", "Identity", "Pairing"]),
        tests("ConversationTests", ["Essentials", "Sodium", "Noise", "Wire", "Conversation"]),
        tests(
            "NodeEngineTests",
            [
                "Essentials", "Sodium", "Wire", "Identity", "Relaying", "Pairing", "Conversation", "NodeEngine",
                "Canaries",
                orderedCollections,
            ]),
        tests("TransportTests", ["Wire", "Settings", "Transport"] + nio),
        tests("StorageTests", ["Essentials", "Sodium", "Storage", "Settings", grdb]),
        tests("SettingsTests", ["Essentials", "Settings", "Observability", logging, metrics]),
        tests("ControlTests", ["Essentials", "ControlAPI", "ChildProcess"]),
        tests("TerminalTests", ["Essentials", "ControlAPI", "TerminalFace"]),
        tests(
            "Simulation",
            [
                "Essentials", "Sodium", "Noise", "Wire", "Identity", "Relaying", "Pairing", "NodeEngine", "Simulator",
                "Canaries",
            ]),
        tests(
            "EvilPeers",
            [
                "Essentials", "Sodium", "Noise", "Wire", "Identity", "Relaying", "Pairing", "NodeEngine", "Simulator",
            ]),
        .target(name: "HeapCounter", path: "Tests/HeapCounter"),
        tests(
            "Robustness",
            [
                "HeapCounter", "Essentials", "Sodium", "Noise", "Wire", "Identity", "Membership", "Relaying", "Pairing",
                "Conversation", "NodeEngine", "Simulator",
            ]),
        tests(
            "Integration", ["Essentials", "Sodium", "Wire", "Identity", "Canaries", "ChildProcess", "passant", grdb]),
        // What the fuzzer runs, run once over the inputs it has found; the fuzzer itself is a package of its own.
        .testTarget(
            name: "FuzzReplay",
            dependencies: [
                "Essentials", "Sodium", "Noise", "Wire", "Identity", "Pairing", "Relaying", "NodeEngine", "ControlAPI",
                "Settings", orderedCollections,
            ], path: "Tests/Fuzz", exclude: ["Package.swift", "Sources", "Fuzzer", "Corpus"],
            sources: ["Harness", "Replay"], swiftSettings: strict),
        tests("TidyTests", [], exclude: ["Fixtures"]),
    ]
)
