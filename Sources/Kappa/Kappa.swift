@_exported import AutoDiff
@_exported import Curvature
@_exported import Datasets
@_exported import Models
@_exported import Optim
@_exported import Tensor
@_exported import Training
