import AutoDiff
import Tensor

/// By which names and in which layout parameters are stored.
public enum ParameterConvention: Sendable, Hashable {
  /// As they are in θ: the layout's names, weights [inputs, outputs].
  case kappa
  /// As PyTorch's `state_dict()` of a module with the same names has them: `nn.Linear`, `nn.Conv2d`, `nn.ConvTranspose2d`,
  /// `nn.LayerNorm`, `nn.RNN`, `nn.LSTM`, `nn.GRU` (reset after the product, all biases). Where PyTorch has two biases that are
  /// only ever added, they are read as their sum, and written as it and zeros. A layer of your own that names its parts is stored
  /// as these are, else by the names here, its affine maps as `nn.Linear`, unless it says otherwise (`foreignParameters`). Models
  /// name their layers, too (`Model.parts`); of a frozen model store the merged parameters with the whole model.
  case pytorch
}

extension Model {
  /// θ as named tensors.
  public func namedTensors<S: TensorScalar>(of theta: Tensor<S>, as convention: ParameterConvention = .pytorch) -> NamedTensors {
    require(theta.shape == [layout.count], "namedTensors: a vector of shape \(theta.shape) for \(layout.count) parameters")
    var result = NamedTensors()
    for parameter in storedParameters(convention) { result.set(parameter.name, to: parameter.stored(layout, theta).contiguous()) }
    return result
  }

  /// θ from named tensors.
  /// - Parameters:
  ///   - others: whether tensors that are no parameters of this model may be there; no by default.
  ///   - conversion: what may happen to elements of another type; by default nothing that loses something.
  /// - Throws: `missing`, `wrongShape`, `wrongElementType`, `unexpected`, naming the tensor.
  public func parameters<S: TensorScalar>(
    from tensors: NamedTensors, as convention: ParameterConvention = .pytorch, allowingOthers others: Bool = false,
    conversion: ElementConversion = .widening, of type: S.Type = S.self
  ) throws(TensorFileError) -> Tensor<S> {
    let stored = storedParameters(convention)
    var theta = Tensor<S>(zeros: [layout.count])
    for parameter in stored {
      try parameter.add(tensors.tensor(parameter.name, as: S.self, conversion: conversion), to: &theta, layout)
    }
    let known = Set(stored.map(\.name))
    let unknown = tensors.names.filter { !known.contains($0) }
    if !others && !unknown.isEmpty { throw TensorFileError(defect: .unexpected(names: Array(unknown.prefix(20)))) }
    return theta
  }

  /// Writes θ to a file: `.npz` as NumPy's archive, any other name as safetensors. The file is there whole or not at all; folders
  /// on the way to it that are missing are made.
  /// - Throws: what went wrong on disk.
  public func save<S: TensorScalar>(
    _ theta: Tensor<S>, to path: String, as convention: ParameterConvention = .pytorch
  ) throws(FileError) {
    let tensors = namedTensors(of: theta, as: convention)
    if path.hasSuffix(".npz") { try NumPyArchive.write(tensors, to: path) } else { try SafetensorsFile.write(tensors, to: path) }
  }

  /// Reads θ from a file that `save`, PyTorch or NumPy wrote; see `parameters(from:)`.
  public func load<S: TensorScalar>(
    _ path: String, as convention: ParameterConvention = .pytorch, allowingOthers others: Bool = false,
    conversion: ElementConversion = .widening, of type: S.Type = S.self
  ) throws(TensorFileError) -> Tensor<S> {
    let tensors = path.hasSuffix(".npz") ? try NumPyArchive(path).readAll() : try SafetensorsFile(path).readAll()
    do throws(TensorFileError) {
      return try parameters(from: tensors, as: convention, allowingOthers: others, conversion: conversion)
    } catch {
      throw TensorFileError(path: path, member: error.member, offset: error.offset, defect: error.defect)
    }
  }

  private func storedParameters(_ convention: ParameterConvention) -> [ForeignParameter] {
    if convention == .pytorch {
      require(
        !parts.isEmpty || layout.entries.isEmpty,
        "\(Self.self): a model that names no layers has no names in PyTorch; name them (`parts`) or store its parameters as .kappa")
      return layout.foreignParameters(of: parts)
    }
    return layout.entries.enumerated().map { ForeignParameter(name: $1.name, entry: $0) }
  }
}
