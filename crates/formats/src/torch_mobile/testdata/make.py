"""Makes the modules for the lite interpreter beside this script: `python make.py` with PyTorch 2 (made with 2.15)."""

import pathlib
from typing import Dict

import torch

HERE = pathlib.Path(__file__).parent
torch.manual_seed(0)


class B(torch.nn.Module):
    def forward(self, x):
        torch.save(x, "/tmp/x")
        return x


class C(torch.nn.Module):
    names: Dict[str, int]

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 4)
        self.norm = torch.nn.BatchNorm1d(4)
        self.names = {"a": 1, "b": 2}
        self.scale: float = 0.5
        self.flag = True
        self.ints = [1, 2, 3]
        self.floats = [1.0, 2.5]
        self.bools = [True, False]
        self.label = "cat"
        self.pair = (1, "x")
        self.register_buffer("narrow", torch.ones(2, dtype=torch.float16))

    def forward(self, x, n: int = 3):
        y = self.norm(self.linear(x)) * self.scale
        if self.flag:
            y = torch.relu(y)
        return y, self.names, [s for s in ["p", "q"]]


def save(name, module, **files):
    script = torch.jit.script(module.eval())
    script._save_for_lite_interpreter(str(HERE / name), _use_flatbuffer=True, **files)


save("saves.ff", B())
save("rich.ff", C())
save("extra.ff", torch.nn.ReLU(), _extra_files={"config.json": '{"a": 1}'})
sequence = torch.nn.Sequential(torch.nn.Linear(3, 4))
save("quantised.ff", torch.ao.quantization.quantize_dynamic(sequence, {torch.nn.Linear}, dtype=torch.qint8))
