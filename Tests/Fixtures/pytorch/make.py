"""Parameters of small PyTorch modules as safetensors, and an input and its output for each: python3 make.py (PyTorch 2.13, safetensors 0.8)."""

import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

here = pathlib.Path(__file__).parent
torch.manual_seed(1)
torch.set_default_dtype(torch.float64)


class Recurrent(nn.Module):
    """The last state of a recurrent layer through a dense one."""

    def __init__(self, layer, hidden):
        super().__init__()
        self.recurrent = layer
        self.output = nn.Linear(hidden, 2)

    def forward(self, x):
        return self.output(self.recurrent(x)[0][:, -1])


class Block(nn.Module):
    """Layers that are not one after the other."""

    def __init__(self, width):
        super().__init__()
        self.gate = nn.Linear(width, width)
        self.value = nn.Linear(width, width, bias=False)
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        return x + torch.sigmoid(self.gate(x)) * torch.tanh(self.value(self.norm(x)))


def write(modules):
    for name, (module, shape) in modules.items():
        for parameter in module.parameters():
            # Gains and biases that are not at their starts.
            torch.nn.init.normal_(parameter, std=0.4)
        x = torch.randn(shape)
        save_file({key: value.contiguous() for key, value in module.state_dict().items()}, here / f"{name}.safetensors")
        with torch.no_grad():
            np.savez(here / f"{name}.npz", input=x.numpy(), output=module(x).numpy())


write({
    "mlp": (nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 4, bias=False), nn.Sigmoid(), nn.Linear(4, 3)), [6, 5]),
    "cnn": (
        nn.Sequential(
            nn.Conv2d(2, 4, 3, stride=2, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(4, 3, (3, 2), dilation=(1, 2)),
            nn.Tanh(),
            nn.AvgPool2d((1, 2)),
            nn.Flatten(),
            nn.Linear(18, 4),
        ),
        [3, 2, 9, 12],
    ),
    "decoder": (
        nn.Sequential(
            nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1),
            nn.LayerNorm([4, 6, 8]),
            nn.Tanh(),
            nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1),
        ),
        [2, 3, 3, 4],
    ),
    "rnn": (Recurrent(nn.RNN(3, 5, batch_first=True), 5), [4, 6, 3]),
    "lstm": (Recurrent(nn.LSTM(3, 5, batch_first=True), 5), [4, 6, 3]),
    "gru": (Recurrent(nn.GRU(3, 5, batch_first=True), 5), [4, 6, 3]),
    "gru_unbiased": (Recurrent(nn.GRU(3, 5, bias=False, batch_first=True), 5), [4, 6, 3]),
    "norm_unbiased": (nn.Sequential(nn.Linear(5, 6), nn.LayerNorm(6, bias=False), nn.Tanh(), nn.Linear(6, 2)), [4, 5]),
    "lstm2": (Recurrent(nn.LSTM(3, 5, num_layers=2, batch_first=True), 5), [4, 6, 3]),
})
# Later ones behind them, so that the numbers of those above stay as they are.
write({
    "gru3": (Recurrent(nn.GRU(3, 5, num_layers=3, batch_first=True), 5), [4, 6, 3]),
    "block": (nn.Sequential(nn.Linear(5, 4), Block(4), nn.Linear(4, 2)), [3, 5]),
})
