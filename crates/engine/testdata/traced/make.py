"""Makes the files of this folder: modules that torch.fx has traced, and inert twins whose source would act.

Needs torch and torchvision. Nothing is loaded; the twins' commands are `true`."""

import pickle
from pathlib import Path
from zipfile import ZipFile

import torch
from torch import fx, nn
from torch.fx.experimental.proxy_tensor import make_fx
from torch.package import PackageExporter
from torchvision.ops.stochastic_depth import stochastic_depth

HERE = Path(__file__).parent


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 2)])

    def forward(self, x, factor: int = 3):
        x = nn.functional.dropout(self.layers[0](x), 0.1, self.training)
        first, second = torch.split(x, 1, dim=-1)
        y = stochastic_depth(torch.cat([first, second * factor]), 0.1, "row", False)
        y = y.view(y.size(0), -1)[:, None, ...].to(torch.float32)
        return {"y": y.permute(0, 2, 1), "z": torch.zeros(y.shape[0], device=torch.device("cpu"))}


class Twin:
    """Pickles as a traced module with other source."""

    def __init__(self, module, code, imports="import torch"):
        self.body, self.imports = dict(module.__reduce__()[1][0], _code=code), imports

    def __reduce__(self):
        return fx.graph_module.reduce_graph_module, (self.body, self.imports)


class Empty(nn.Module):
    def forward(self, x):
        return x


BODY = "\n\n\ndef forward(self, x):\n    relu = torch.relu(x);  x = None\n    {}\n    return relu\n"
TWINS = {
    "imports": (BODY.format("pass"), "import torch\nfrom os import system as torch_add\ntorch_add('true')\n"),
    "body": (BODY.format("__import__('os').system('true')"),),
    "globals": (BODY.format("self.__init__.__globals__['sys'].modules['os'].system('true')"),),
    "computed": (BODY.format("getattr(getattr(self, '__in' + 'it__'), '__glo' + 'bals__')['os'].system('true')"),),
    "torch": (BODY.format("torch.serialization.os.system('true')"),),
    "native": (BODY.format("torch.ops.load_library('/tmp/none.so')"),),
    "operator": (BODY.format("torch.ops.aten.save.default(x, '/tmp/none')"),),
    "default": ("\ndef forward(self, x=__import__('os').system('true')):\n    return x\n",),
    "nested": ("\ndef forward(self, x):\n    def g():\n        import os\n        os.system('true')\n    return x\n",),
    "coding": ("# coding: rot13\nimport os\nos.system('true')\ndef forward(self, x):\n    return x\n", ""),
}

if __name__ == "__main__":
    traced = fx.symbolic_trace(Net())
    torch.save(traced, HERE / "honest.pt")
    for protocol in (0, 2, 4):
        (HERE / f"honest-p{protocol}.pkl").write_bytes(pickle.dumps(traced, protocol=protocol))
    operators = make_fx(lambda x: (x.cos() + x.sum(-1, keepdim=True)).softmax(0)[..., None].view(-1, 3))(torch.ones(2, 3))
    torch.save(operators, HERE / "honest-operators.pt")
    with PackageExporter(HERE / "honest-package.pt") as exporter:
        exporter.extern(["torch.**", "torchvision.**"])
        exporter.save_pickle("model", "model.pkl", traced)
    with ZipFile(HERE / "honest-package.pt") as honest, ZipFile(HERE / "twin-package.pt", "w") as twin:
        for entry in honest.infolist():
            content = honest.read(entry)
            if entry.filename.endswith("fx-generated/_0.py"):
                content = content.replace(b"    return", b"    __import__('os').system('true')\n    return")
            twin.writestr(entry, content)
    module = fx.symbolic_trace(Empty())
    for name, twin in TWINS.items():
        (HERE / f"twin-{name}.pkl").write_bytes(pickle.dumps(Twin(module, *twin), protocol=2))
