// swift-tools-version: 6.2
import PackageDescription

// One libFuzzer program for each reader; a package of its own, for its targets have no main function of theirs. `make fuzz`, one
// level up.
let readers = ["NumPy", "NumPyArchive", "Safetensors", "IDX"]

let package = Package(
  name: "KappaFuzz",
  platforms: [.macOS("26.0")],
  dependencies: [.package(name: "Kappa", path: "..")],
  targets: readers.map { reader in
    .executableTarget(
      name: "Fuzz\(reader)",
      dependencies: [.product(name: "Tensor", package: "Kappa"), .product(name: "Datasets", package: "Kappa")],
      path: "Sources/\(reader)", swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  },
  swiftLanguageModes: [.v6]
)
