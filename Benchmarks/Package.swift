// swift-tools-version: 6.2
// A package of its own, so that users of Passant do not pay for what only measuring needs. `Linked` is the main
// package's Sources: the same files, built here in release mode and without what the load programs do not use.
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let dequeModule = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heapModule = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")

func linked(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Linked/\(name)", swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "passant-benchmarks",
    dependencies: [
        // The versions of the main package.
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", path: "Linked/CSodium", pkgConfig: "libsodium"),
        linked("Essentials", [dequeModule, heapModule]),
        linked("Sodium", ["Essentials", "CSodium"]),
        linked("Noise", ["Essentials", "Sodium"]),
        linked("Wire", ["Essentials", "Sodium", protobuf]),
        linked("Identity", ["Essentials", "Sodium", "Wire"]),
        linked("Relaying", ["Essentials", "Sodium", "Noise", "Wire", "Identity", orderedCollections, dequeModule]),
        linked("Conversation", ["Essentials", "Sodium", "Noise", "Wire"]),
        linked("Settings", ["Essentials", toml]),
        linked("Transport", ["Wire", "Settings", dequeModule] + nio),

        // The limit that channels and handshakes are held against: libsodium, called from C.
        .target(name: "LimitsInC", dependencies: ["CSodium"], cSettings: [.unsafeFlags(["-O2"])]),
        program("channels", ["Essentials", "Sodium", "Noise", "LimitsInC"]),
        program(
            "leaves",
            ["Essentials", "Sodium", "Noise", "Wire", "Identity", "Relaying", "Conversation", "Transport"] + nio),
    ]
)
