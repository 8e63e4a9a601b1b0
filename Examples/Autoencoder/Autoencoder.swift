import ArgumentParser

@main
struct Autoencoder: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autoencoder",
    abstract: "Trains the deep autoencoders of the ESGD and Hessian-free papers.",
    discussion: """
      Without a subcommand it trains: `autoencoder --data fashion-mnist --optimizer esgd --epochs 3`.
      Errors are squared reconstruction errors, summed over the pixels of an image and averaged over the images.
      """,
    subcommands: [Train.self, Demo.self, Search.self], defaultSubcommand: Train.self)

  /// `--help` alone explains the flags of the default subcommand, too.
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments == ["--help"] || arguments == ["-h"] else { return main(arguments) }
    print(helpMessage() + "\n\n" + helpMessage(for: Train.self))
  }
}
