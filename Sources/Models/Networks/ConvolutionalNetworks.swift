import AutoDiff
import Tensor

extension Sequential {
  /// The convolutional network of the PSGD paper's experiment 3 (Li, 2018): images [1, 32, 32], four convolutions with 32 kernels
  /// of 3 x 3, an average pooling behind each two, one dense layer to ten classes, tanh.
  /// - Parameters:
  ///   - size: of the square images.
  ///   - channels: of the images.
  public static func psgdClassifier(
    channels: Int = 1, size: Int = 32, maps: Int = 32, classes: Int = 10, activation: Activation = .tanh
  ) -> Sequential {
    let pooled = ((size - 4) / 2 - 4) / 2
    require(pooled > 0, "psgdClassifier: images of size \(size) are smaller than the kernels reach")
    return Sequential {
      Conv2D(channels, maps, kernel: 3, activation: activation)
      Conv2D(maps, maps, kernel: 3, activation: activation)
      AveragePool2D(2)
      Conv2D(maps, maps, kernel: 3, activation: activation)
      Conv2D(maps, maps, kernel: 3, activation: activation)
      AveragePool2D(2)
      Flatten()
      Dense(pooled * pooled * maps, classes)
    }
  }

  /// The network of the PSGD paper's experiment 4 for colour images [3, 32, 32]: four convolutions, a maximum pooling behind each
  /// two, two dense layers, max(0.3 x, x). The paper states no sizes: kernels of 3 x 3 and 96 maps are those of the author's
  /// program, which has a fifth convolution that the text does not have and this network neither.
  public static func psgdLeakyClassifier(
    channels: Int = 3, size: Int = 32, maps: Int = 96, hidden: Int = 256, classes: Int = 10,
    activation: Activation = .leakyRelu(slope: 0.3)
  ) -> Sequential {
    let pooled = size / 4
    require(pooled > 0 && size % 4 == 0, "psgdLeakyClassifier: images of size \(size), which is no multiple of 4")
    return Sequential {
      Conv2D(channels, maps, kernel: 3, padding: .same, activation: activation)
      Conv2D(maps, maps, kernel: 3, padding: .same, activation: activation)
      MaxPool2D(2)
      Conv2D(maps, maps, kernel: 3, padding: .same, activation: activation)
      Conv2D(maps, maps, kernel: 3, padding: .same, activation: activation)
      MaxPool2D(2)
      Flatten()
      Dense(pooled * pooled * maps, hidden, activation: activation)
      Dense(hidden, classes)
    }
  }

  /// The convolutional autoencoder of the PSGD paper's experiment 5: three convolutions of stride 2, kernels of 4 x 4, and three
  /// transposed ones back, 32 maps between.
  public static func psgdAutoencoder(channels: Int = 3, maps: Int = 32, activation: Activation = .leakyRelu(slope: 0.3))
    -> Sequential
  {
    Sequential {
      for inputs in [channels, maps, maps] {
        Conv2D(inputs, maps, kernel: 4, stride: 2, padding: .same, activation: activation)
      }
      for outputs in [maps, maps] {
        ConvTranspose2D(maps, outputs, kernel: 4, stride: 2, padding: .same, activation: activation)
      }
      ConvTranspose2D(maps, channels, kernel: 4, stride: 2, padding: .same)
    }
  }

  /// A residual network for images [channels, size, size] (He et al., 2016, section 4.2): a convolution, stages of `blocks` blocks
  /// of two convolutions of 3 x 3, each stage with twice the maps of the last and half its size, the mean over the image and a
  /// dense layer.
  ///
  /// Batch normalisation would make a loss depend on who else is in its batch, and curvature with it: each convolution is followed
  /// by a normalisation of its example alone.
  /// - Parameters:
  ///   - maps: of the first stage.
  ///   - stages: how many; the size is halved between them.
  ///   - blocks: of each stage.
  public static func residualClassifier(
    channels: Int = 3, size: Int = 32, maps: Int = 16, stages: Int = 3, blocks: Int = 3, classes: Int = 10,
    activation: Activation = .leakyRelu(slope: 0)
  ) -> Sequential {
    let last = size >> (stages - 1)
    require(
      stages > 0 && blocks > 0 && last > 0 && last << (stages - 1) == size,
      "residualClassifier: \(stages) stages of images of size \(size)")
    func normalized(_ inputs: Int, _ outputs: Int, _ size: Int, kernel: Extent2D = 3, stride: Extent2D = 1) -> [NamedLayer] {
      LayerList.buildBlock(
        LayerList.buildExpression(
          Conv2D(inputs, outputs, kernel: kernel, stride: stride, padding: .same, hasBias: false)),
        LayerList.buildExpression(LayerNorm([outputs, size, size])))
    }
    return Sequential {
      normalized(channels, maps, size)
      ActivationLayer(activation)
      for stage in 0..<stages {
        for block in 0..<blocks {
          let shrinks = stage > 0 && block == 0
          let (width, side) = (maps << stage, size >> stage)
          let (inputs, stride) = (shrinks ? width / 2 : width, shrinks ? 2 : 1)
          let shortcut = Sequential { normalized(inputs, width, side, kernel: 1, stride: Extent2D(stride)) }
          Residual(shortcut: shrinks ? shortcut : nil, activation: activation) {
            normalized(inputs, width, side, stride: Extent2D(stride))
            ActivationLayer(activation)
            normalized(width, width, side)
          }
        }
      }
      AveragePool2D(Extent2D(last))
      Flatten()
      Dense(maps << (stages - 1), classes)
    }
  }
}
