"""Makes the files of this folder: scripted modules, honest ones and ones that touch files.

Needs torch and torchvision. Nothing is run or loaded; the paths do not exist."""

from pathlib import Path

import torch
import torchvision.io  # registers image::read_file
from torch import nn

HERE = Path(__file__).parent


class Honest(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        x = torch.einsum("ij,jk->ik", x, self.layer.weight)
        print("shape", x.shape)
        return nn.functional.gelu(self.layer(x), approximate="tanh")


class Saves(nn.Module):
    def forward(self, x):
        path = "/nowhere/saved.pt"
        if x.sum() > 0:
            torch.save(x, path)
        torch.save(x, path)
        return x


class Maps(nn.Module):
    def forward(self, x):
        return torch.from_file("/nowhere/secret", False, 10, dtype=torch.uint8)


class Reads(nn.Module):
    def forward(self, x):
        return torch.ops.image.read_file("/nowhere/secret")


class Restores(nn.Module):
    """What loading calls reaches the file through another method."""

    def __init__(self):
        super().__init__()
        self.count = 1

    @torch.jit.export
    def __getstate__(self):
        return (self.count, self.training)

    @torch.jit.export
    def __setstate__(self, state: tuple[int, bool]):
        self.count = state[0]
        self.training = state[1]
        self.keep()

    @torch.jit.export
    def keep(self):
        torch.save(torch.ones(1), "/nowhere/" + "saved.pt")

    def forward(self, x):
        return x


if __name__ == "__main__":
    for module in (Honest, Saves, Maps, Reads, Restores):
        scripted = torch.jit.script(module())
        scripted.save(str(HERE / f"{module.__name__.lower()}.pt"))
        if module in (Honest, Saves):
            scripted._save_for_lite_interpreter(str(HERE / f"{module.__name__.lower()}.ptl"), _use_flatbuffer=False)
