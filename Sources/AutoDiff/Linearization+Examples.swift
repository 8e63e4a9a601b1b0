import Tensor

// Gradients of single examples, from one recording of the whole batch.
//
// All of them are those of the losses ℓᵇ that the function names, `Evaluation(loss:outputs:exampleLosses:)`, as they stand there:
// whether the loss is their sum or their mean, and what else is added to it, does not matter. They are right for every function:
// examples that interact (through statistics of the batch, say) only make them slower.
extension Linearization {
  /// gᵇ = ∂ℓᵇ/∂θ: `[B, n]`, row b in the layout of θ.
  ///
  /// For the mean of the losses, the gradient is the mean of the rows.
  /// - Complexity: one backward pass, recorded by the first of these calls, and for a dense or convolution layer the work of its
  ///   weight's gradient; all uses of a recurrent weight go into one product for each example. What is not a sum over examples by a
  ///   known rule costs one tangent sweep for each example: over the way from such sums to the parameter, and where examples
  ///   interact over the whole backward pass, B times the work.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func perExampleGradients() -> Tensor<Scalar> {
    let sweep = examples("perExampleGradients")
    let shape: Shape = [requiredExampleCount, layout.count]
    let result = sweep?.coversAllParameters == true ? Tensor<Scalar>(uninitialized: shape) : Tensor(zeros: shape)
    sweep?.forEachBlock { input, range, gradients in
      let (entry, n) = (layout.entries[input], layout.count)
      let target = result.mutableBase + range.lowerBound * n + entry.offset
      Parallel.slices(range.count, grain: max(1, Parallel.cheapGrain / max(1, entry.count)), alignment: 1) { rows in
        for row in rows { (target + row * n).update(from: gradients.base + row * entry.count, count: entry.count) }
      }
      keepAlive(gradients)
    }
    keepAlive(result)
    return result
  }

  /// Σᵇ gᵇ ∘ gᵇ, the squares of the elements of all examples' gradients: `[n]`, in the layout of θ.
  ///
  /// Divided by B it is the diagonal of the empirical Fisher matrix (1/B) Σ gᵇ gᵇᵀ, if the losses are negative log-likelihoods and
  /// the targets those of the data.
  /// - Complexity: as `perExampleGradients()`; for a dense layer used once, whose examples' gradients are x δᵀ, one product (x²)ᵀ
  ///   (δ²). Memory for the gradients of a few examples, of one where they are large.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func sumOfSquaredGradients() -> Tensor<Scalar> {
    let sweep = examples("sumOfSquaredGradients")
    return assemble { sums in
      guard let sweep else { return }
      let outer = sweep.forEachProduct { input, left, right in
        guard left.shape[1] == 1 else { return false }
        sums[input].addProduct(left.squeezed(axis: 1).squared(), transposed: true, right.squeezed(axis: 1).squared())
        return true
      }
      sweep.forEachBlock(except: outer) { input, _, gradients in
        sums[input].add(gradients.squared().sum(axes: [0]).reshaped(to: layout.entries[input].shape))
      }
    }
  }

  /// ‖gᵇ‖² for each example: `[B]`.
  /// - Complexity: as `perExampleGradients()`, but a dense layer's weight costs little: ‖Σₜ xₜ δₜᵀ‖² = Σₛₜ (xₛ·xₜ)(δₛ·δₜ) is used
  ///   where that is less work. Memory as `sumOfSquaredGradients()`.
  @specialized(where Scalar == Float) @specialized(where Scalar == Double)
  public func perExampleSquaredNorms() -> Tensor<Scalar> {
    let sweep = examples("perExampleSquaredNorms")
    var result = Tensor<Scalar>(zeros: [requiredExampleCount])
    guard let sweep else { return result }
    let multiplied = sweep.forEachProduct { _, left, right in
      let (steps, rows, columns) = (left.shape[1], left.shape[2], right.shape[2])
      guard steps * (rows + columns) < rows * columns else { return false }
      let products = matmul(left, left, transposeB: true) * matmul(right, right, transposeB: true)
      // Where the steps of an example cancel, what is left of rounding may be negative.
      result += products.sum(axes: [1, 2]).clipped(to: 0...)
      return true
    }
    sweep.forEachBlock(except: multiplied) { _, range, gradients in
      result[rows: range] += gradients.squared().sum(axes: [1])
    }
    return result
  }

  /// The parameters whose gradients of examples are found by tangent sweeps; for tests.
  package var parametersWithSweptExamples: [Int] { exampleSweep?.swept ?? [] }

  private var requiredExampleCount: Int { exampleCount ?? 0 }

  /// The sweep over the examples; nil if all their gradients are zero.
  private func examples(_ operation: String) -> ExampleSweep<Scalar>? {
    require(
      exampleCount != nil, "\(operation): the function does not name its examples' losses: Evaluation(loss:outputs:exampleLosses:)")
    return exampleSweep
  }
}

extension ScalarFunction {
  /// gᵇ = ∂ℓᵇ/∂θ of the losses of examples that the function names: `[B, n]`. See `Linearization.perExampleGradients()`.
  public func perExampleGradients(at theta: Tensor<Scalar>) -> Tensor<Scalar> {
    linearization(at: theta).perExampleGradients()
  }

  /// Σᵇ gᵇ ∘ gᵇ: `[n]`. See `Linearization.sumOfSquaredGradients()`.
  public func sumOfSquaredGradients(at theta: Tensor<Scalar>) -> Tensor<Scalar> {
    linearization(at: theta).sumOfSquaredGradients()
  }

  /// ‖gᵇ‖² for each example: `[B]`. See `Linearization.perExampleSquaredNorms()`.
  public func perExampleSquaredNorms(at theta: Tensor<Scalar>) -> Tensor<Scalar> {
    linearization(at: theta).perExampleSquaredNorms()
  }
}
