import AutoDiff

/// A model that is another one with fewer parameters.
protocol PartOfModel {
  var whole: any Model { get }
}

/// What a name in a model stands for: indices of parameters in its layout, and of affine maps.
struct NamedParameters {
  var entries: [Int] = []
  var maps: [Int] = []
  /// Whether the whole model has such maps, frozen ones too.
  var hasMaps = false
}

extension Model {
  /// What `name` stands for: a parameter, or a layer and with it all that it has, which may be nothing. Nil if there is no such
  /// thing.
  ///
  /// Where the model says what layers it is made of (`parts`), a layer's parameters are those it declares, and layer "a.b" beside
  /// layer "a" is no part of it. Else, and for a name that several layers start with, parameters and maps go by their names: all
  /// that start with `name` and a dot.
  func parameters(named name: String) -> NamedParameters? {
    let layout = layout
    let inWhole = (self as? any PartOfModel)?.whole.parameters(named: name)
    let layers = outermost.parts.parameterNames(of: name)
    let names = Set(layers.joined())
    func isNamed(_ entry: ParameterLayout.Entry) -> Bool {
      entry.name == name || (layers.isEmpty ? entry.name.belongs(to: name) : names.contains(entry.name))
    }
    let entries = layout.entries.indices.filter { isNamed(layout.entries[$0]) }
    let maps = layout.affineBlocks.indices.filter { index in
      let (block, first) = (layout.affineBlocks[index], layout.affineBlocks[index].pieces[0].offset)
      if layers.isEmpty { return block.name.belongs(to: name) }
      return block.name == name || entries.contains { layout.entries[$0].range.contains(first) }
    }
    guard !layers.isEmpty || !entries.isEmpty || !maps.isEmpty || inWhole != nil else { return nil }
    return NamedParameters(entries: entries, maps: maps, hasMaps: !maps.isEmpty || inWhole?.hasMaps == true)
  }

  /// The model that this one is a part of, if it is one.
  private var outermost: any Model { (self as? any PartOfModel)?.whole.outermost ?? self }
}

extension [NamedLayer] {
  /// The names of the parameters of each layer called `name`, among these and those inside them.
  fileprivate func parameterNames(of name: String, within outer: String = "") -> [[String]] {
    flatMap { part -> [[String]] in
      let path = part.within(outer).name
      if path == name { return [part.layer.layout(name: path).entries.map(\.name)] }
      return name.belongs(to: path) ? part.layer.parts.parameterNames(of: name, within: path) : []
    }
  }
}

extension ParameterLayout.Entry {
  /// Where it lies in θ.
  var range: Range<Int> { offset..<offset + count }
}

extension String {
  /// Whether this is the given parameter, or a parameter of the given layer, by its name.
  func belongs(to name: String) -> Bool { self == name || hasPrefix(name + ".") }
}
