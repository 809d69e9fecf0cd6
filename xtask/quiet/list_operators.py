"""Operators that PyTorch's dispatcher knows, as rows of `crates/knowledge/tables/third-party/torch-operators.tsv`.

    python3 xtask/quiet/list_operators.py > crates/knowledge/tables/third-party/torch-operators.tsv

The source of an exported or traced module calls them as `torch.ops.NAMESPACE.NAME.OVERLOAD`; an overload is looked up as
its operator. Only operators that compute
tensors of tensors are listed as harmless; what reaches files stands in `torch.tsv`, and what is not listed stays unknown.
Needs torch and torchvision.
"""

import torch
import torch.ao.quantization.fx._decomposed  # registers quantized_decomposed
import torchvision  # registers its own

NAMESPACES = {
    "_c10d_functional", "_quantized", "aten", "c10d_functional", "mkl", "mkldnn", "mkldnn_prepacked", "onednn", "prims",
    "quantization", "quantized", "quantized_decomposed", "rngprims", "sparse", "torchvision",
}
# Reads or makes the file that is named.
REACHING = {"aten::from_file", "aten::save"}


def main() -> None:
    rows = set()
    for operator in torch._C._dispatch_get_all_op_names():
        packet = operator.partition(".")[0]
        namespace, name = packet.split("::")
        if namespace in NAMESPACES and packet not in REACHING:
            rows.add((f"torch.ops.{namespace}", name, "function"))
    print("# Operators that the dispatcher of torch", torch.__version__.partition("+")[0], "knows, written by xtask/quiet/list_operators.py.")
    for row in sorted(rows):
        print(*row, "safe/inert", "a function of tensors", "", sep="\t")


main()
