import Tensor

extension Variable {
  /// `V·f(Λ)·Vᵀ` of symmetric matrices `[..., n, n]`.
  ///
  /// The function is that of (A + Aᵀ) / 2, so derivatives with respect to A are symmetric. They exist to any order wherever f has
  /// them, at equal eigenvalues too.
  /// - Throws: `notFinite`; `notConverged`.
  /// - Complexity: about 11 n³ operations for each matrix; a first derivative 8 n³ and n² divided differences more, a second one n³
  ///   divided differences.
  public func symmetricFunction(_ f: some SpectralFunction<Scalar>) throws(LinearAlgebraError) -> Variable {
    require(shape.rank >= 2 && shape[-1] == shape[-2], "symmetricFunction: the matrices of shape \(shape) are not square")
    return applying(f, with: try value.symmetrized().symmetricEigen(for: "symmetricFunction"))
  }

  /// The power `exponent` of symmetric positive definite matrices `[..., n, n]`, as `symmetricFunction`; for positive exponents
  /// semidefinite ones too, where derivatives are finite only for whole exponents. Eigenvalues that only rounding made negative
  /// count as zero.
  /// - Throws: `notPositive` for an eigenvalue that has no such power; `notFinite`; `notConverged`.
  public func matrixPower(_ exponent: Scalar) throws(LinearAlgebraError) -> Variable {
    applying(SpectralPower(exponent), with: try positiveEigen(for: "matrixPower", acceptsZero: exponent > 0))
  }

  /// The symmetric matrix whose exponential is the symmetric positive definite A `[..., n, n]`, as `symmetricFunction`.
  /// - Throws: `notPositive` for an eigenvalue that is not above zero; `notFinite`; `notConverged`.
  public func matrixLogarithm() throws(LinearAlgebraError) -> Variable {
    applying(SpectralLogarithm(), with: try positiveEigen(for: "matrixLogarithm", acceptsZero: false))
  }

  private func applying(_ f: some SpectralFunction<Scalar>, with eigen: SymmetricEigendecomposition<Scalar>) -> Variable {
    .applying(SpectralDerivative(function: f, eigen: eigen), to: [self])
  }
}

/// y = Dᵏf(A)[E₁, ..., Eₖ], the k-th derivative of A ↦ V f(Λ) Vᵀ at A along E₁, ..., Eₖ; the operands are A, E₁, ..., Eₖ. Only
/// their symmetric parts matter. The decomposition of A is at hand.
///
/// Vᵀ y V has at (i₀, iₖ) the sum over i₁, ..., iₖ₋₁ of f[λ_i₀, ..., λ_iₖ] times the sum, over all orders of the directions, of the
/// products of (Vᵀ E V)(i₀, i₁), (Vᵀ E' V)(i₁, i₂), ... (Daleckii & Krein, 1965). As ⟨U, y⟩ is the derivative of tr F(A), F' = f,
/// along U, E₁, ..., Eₖ, it is symmetric in all of them: every rule is this operation again.
struct SpectralDerivative<Scalar, Function: SpectralFunction>: VariadicPrimitive where Function.Scalar == Scalar {
  let function: Function
  let eigen: SymmetricEigendecomposition<Scalar>

  var reads: ValuesRead { .operands }

  func value(_ operands: [Tensor<Scalar>]) -> Tensor<Scalar> { derivative(along: Array(operands.dropFirst())) }

  func addTangent(to sum: inout Accumulator<Scalar>, at p: TangentPoint<Scalar>) {
    let directions = (1..<p.operandCount).map(p.operand)
    if let da = p.tangent(0) { sum.add(derivative(along: directions + [da])) }
    for index in directions.indices {
      guard let change = p.tangent(index + 1) else { continue }
      var changed = directions
      changed[index] = change
      sum.add(derivative(along: changed))
    }
  }

  func addCotangents(of dy: Variable<Scalar>, at p: CotangentPoint<Scalar>) {
    let operands = (0..<p.operandCount).map(p.operand)
    if p.wants(0) { p.add(.applying(self, to: operands + [dy]), to: 0) }
    for index in 1..<operands.count where p.wants(index) {
      var others = operands
      others[index] = dy
      p.add(.applying(self, to: others), to: index)
    }
  }

  private func derivative(along directions: [Tensor<Scalar>]) -> Tensor<Scalar> {
    if directions.isEmpty { return eigen.applying(function.value) }
    let v = eigen.vectors
    let turned = directions.map { matmul(v, matmul($0.symmetrized(), v), transposeA: true) }
    let inner = Tensor(elements(turned.map(\.elements)), shape: turned[0].shape)
    return matmul(matmul(v, inner), v, transposeB: true).symmetrized()
  }

  /// The elements of Vᵀ y V, of all matrices of a batch, given those of Vᵀ E V.
  @specialized(where Scalar == Float, Function == SpectralPower<Float>)
  @specialized(where Scalar == Double, Function == SpectralPower<Double>)
  @specialized(where Scalar == Float, Function == SpectralLogarithm<Float>)
  @specialized(where Scalar == Double, Function == SpectralLogarithm<Double>)
  @specialized(where Scalar == Float, Function == SpectralExponential<Float>)
  @specialized(where Scalar == Double, Function == SpectralExponential<Double>)
  private func elements(_ directions: [[Scalar]]) -> [Scalar] {
    let (n, values) = (eigen.values.shape[-1], eigen.values.elements)
    let orders = Self.orders(of: directions.count)
    var result = [Scalar](repeating: 0, count: directions[0].count)
    if result.isEmpty { return result }
    for start in stride(from: 0, to: result.count, by: n * n) {
      let lambda = values[start / n..<start / n + n].map { $0 }
      // All i₀, ..., iₖ, counted like the digits of a number.
      var path = [Int](repeating: 0, count: directions.count + 1)
      repeat {
        let difference = function.dividedDifference(path.map { lambda[$0] })
        var products: Scalar = 0
        for order in orders {
          var product = difference
          for (step, direction) in order.enumerated() { product *= directions[direction][start + path[step] * n + path[step + 1]] }
          products += product
        }
        result[start + path[0] * n + path[path.count - 1]] += products
      } while Self.advance(&path, below: n)
    }
    return result
  }

  /// The orders in which `count` things can stand.
  private static func orders(of count: Int) -> [[Int]] {
    count == 0 ? [[]] : orders(of: count - 1).flatMap { rest in (0..<count).map { Array(rest[..<$0]) + [count - 1] + rest[$0...] } }
  }

  /// The next of all rows of numbers below `bound`; false behind the last.
  private static func advance(_ path: inout [Int], below bound: Int) -> Bool {
    for place in path.indices.reversed() {
      path[place] += 1
      if path[place] < bound { return true }
      path[place] = 0
    }
    return false
  }
}
