// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the library gains no dependencies from being measured.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS("26.0")],
  dependencies: [
    .package(name: "Kappa", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
  ],
  targets: [
    .executableTarget(
      name: "kappa-bench",
      dependencies: [
        .product(name: "Kappa", package: "Kappa"),
        .product(name: "COpenBLAS", package: "Kappa"),
        .product(name: "COneDNN", package: "Kappa"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/KappaBench")
  ],
  swiftLanguageModes: [.v6]
)
