// swift-tools-version: 6.2
// The fuzzer, a package of its own: its code carries the sanitizer's instructions, and users never build it.
// `make fuzz` is the way to run it. `Sources` is a link to the project's.

import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]
let watched = ["-sanitize=fuzzer,address", "-enable-testing"]

let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let dequeModule = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heapModule = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

func library(
    _ name: String, _ dependencies: [Target.Dependency], path: String? = nil, exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, exclude: exclude,
        swiftSettings: strict + [.unsafeFlags(watched)])
}

let package = Package(
    name: "fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    ],
    targets: [
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium"),
        library("Essentials", [dequeModule, heapModule]),
        library("Sodium", ["Essentials", "CSodium"]),
        library("Noise", ["Essentials", "Sodium"]),
        library("Wire", ["Essentials", "Sodium", protobuf]),
        library("Identity", ["Essentials", "Sodium", "Wire"]),
        library("Membership", ["Essentials", "Sodium", "Wire", "Identity", orderedCollections, dequeModule]),
        library("Relaying", ["Essentials", "Sodium", "Noise", "Wire", "Identity", orderedCollections, dequeModule]),
        library("Pairing", ["Essentials", "Sodium", "Wire", "Identity"]),
        library("Conversation", ["Essentials", "Sodium", "Noise", "Wire"]),
        library(
            "NodeEngine",
            [
                "Essentials", "Sodium", "Wire", "Identity", "Membership", "Relaying", "Pairing", "Conversation",
                orderedCollections, dequeModule,
            ]),
        // The part of ControlAPI that knows no socket: lines and what they mean.
        library(
            "ControlAPI", [],
            exclude: [
                "ClientConnection.swift", "ControlClient.swift", "ControlConnection.swift", "ControlServer.swift",
                "Outbox.swift", "SeatOverSocket.swift", "SocketFile.swift",
            ]),
        library("Settings", ["Essentials", .product(name: "TOMLKit", package: "TOMLKit")]),
        library(
            "FuzzHarness",
            [
                "Essentials", "Sodium", "Noise", "Wire", "Identity", "Pairing", "Relaying", "NodeEngine", "ControlAPI",
                "Settings", orderedCollections,
            ],
            path: "Harness"),
        .executableTarget(
            name: "fuzz", dependencies: ["FuzzHarness"], path: "Fuzzer",
            swiftSettings: strict + [.unsafeFlags(watched + ["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
    ]
)
