// swift-tools-version: 6.2
import PackageDescription

// Targets stand in layer order: a target imports only what stands above it.
let package = Package(
  name: "Kappa",
  platforms: [.macOS("26.0")],
  products: [
    .library(name: "Kappa", targets: ["Kappa"]),
    .library(name: "Tensor", targets: ["Tensor"]),
    .library(name: "AutoDiff", targets: ["AutoDiff"]),
    .library(name: "Curvature", targets: ["Curvature"]),
    .library(name: "Optim", targets: ["Optim"]),
    .library(name: "Models", targets: ["Models"]),
    .library(name: "Datasets", targets: ["Datasets"]),
    .library(name: "Training", targets: ["Training"]),
    .library(name: "COpenBLAS", targets: ["COpenBLAS"]),
    .library(name: "COneDNN", targets: ["COneDNN"]),
    .executable(name: "autoencoder", targets: ["Autoencoder"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"]), .brew(["openblas"])]),
    .target(name: "CKernels", exclude: ["template"]),
    .target(name: "COneDNN"),
    .target(name: "CZlibABI"),
    .target(name: "Tensor", dependencies: ["COpenBLAS", "CKernels", "COneDNN", "CZlibABI"]),
    .target(name: "AutoDiff", dependencies: ["Tensor"]),
    .target(name: "Curvature", dependencies: ["AutoDiff"]),
    .target(name: "Optim", dependencies: ["Curvature"]),
    .target(name: "Models", dependencies: ["AutoDiff"]),
    .target(name: "Datasets", dependencies: ["Tensor"]),
    .target(name: "Training", dependencies: ["Optim", "Models", "Datasets"]),
    .target(name: "Kappa", dependencies: ["Training"]),

    .executableTarget(
      name: "Autoencoder",
      dependencies: ["Kappa", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Examples/Autoencoder", exclude: ["README.md"], resources: [.embedInCode("learning-rates.csv")]),

    .executableTarget(name: "Snippets", dependencies: ["Kappa"], path: "Examples/Snippets"),

    .target(name: "TestSupport", dependencies: ["Kappa"], path: "Tests/Support"),
    .testTarget(name: "TensorTests", dependencies: ["TestSupport"]),
    .testTarget(name: "ExpressionTests", dependencies: ["TestSupport"]),
    .testTarget(name: "AutoDiffTests", dependencies: ["TestSupport"]),
    .testTarget(name: "CurvatureTests", dependencies: ["TestSupport"]),
    .testTarget(name: "OptimTests", dependencies: ["TestSupport"]),
    .testTarget(name: "ModelsTests", dependencies: ["TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["TestSupport", "Datasets", "Tensor"]),
    .testTarget(name: "DocumentationTests"),
    .testTarget(name: "TrainingTests", dependencies: ["TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
