"""Writes the generated callable tables of third-party libraries from their installed sources.

Usage: python list_constructors.py TABLES SEEN SITE-PACKAGES...

TABLES is `crates/knowledge/tables/third-party`; the rows go to `TABLES/listed/<library>.tsv`. A pair that a reviewed
table `TABLES/*.tsv` names is left out, so that a person's judgement stands. SEEN is the output of `list_globals.py`.
Only sources are read (`effects.py`); classes of extension modules come from SEEN and from `extension_classes.py`.

A class is allowed when building it, restoring it and adding to it reaches nothing that acts, in all versions given.
A function or method that acts on its arguments is denied or judged by the gravest thing that it reaches.
"""
import collections
import glob
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import effects

# library -> packages whose classes honest pickles build: the classes of other modules are only looked at for harm.
LIBRARIES = {
    "numpy": ["numpy.ma", "numpy.polynomial", "numpy.random", "numpy.core", "numpy._core", "numpy.lib", "numpy.matrixlib", "numpy.dtypes", "numpy.linalg", "numpy.exceptions"],
    "scipy": ["scipy.sparse", "scipy.stats", "scipy.spatial", "scipy.interpolate", "scipy.optimize", "scipy.signal", "scipy.cluster", "scipy._lib", "scipy.special", "scipy.integrate", "scipy.linalg", "scipy.ndimage"],
    "pandas": ["pandas.core", "pandas.tseries", "pandas._libs", "pandas.arrays", "pandas._config", "pandas.errors", "pandas.compat.pickle_compat"],
    "sklearn": ["sklearn"],
    "joblib": ["joblib.numpy_pickle", "joblib.numpy_pickle_compat", "joblib.memory", "joblib.parallel", "joblib.func_inspect", "joblib.logger", "joblib._parallel_backends", "joblib._store_backends"],
    "xgboost": ["xgboost"], "lightgbm": ["lightgbm"], "catboost": ["catboost"], "imblearn": ["imblearn"],
    "category_encoders": ["category_encoders"], "hdbscan": ["hdbscan"], "umap": ["umap"], "pynndescent": ["pynndescent"],
    "statsmodels": ["statsmodels.base", "statsmodels.regression", "statsmodels.genmod", "statsmodels.discrete", "statsmodels.tsa", "statsmodels.robust", "statsmodels.multivariate",
                    "statsmodels.nonparametric", "statsmodels.stats", "statsmodels.duration", "statsmodels.gam", "statsmodels.iolib", "statsmodels.tools", "statsmodels.othermod", "statsmodels.distributions", "statsmodels.miscmodels", "statsmodels.imputation", "statsmodels.formula"],
    "patsy": ["patsy"], "formulaic": ["formulaic"],
    "gensim": ["gensim.models", "gensim.corpora", "gensim.similarities", "gensim.matutils", "gensim.utils", "gensim.interfaces", "gensim.topic_coherence", "gensim.parsing"],
    "nltk": ["nltk.probability", "nltk.classify", "nltk.tag", "nltk.tokenize", "nltk.stem", "nltk.tree", "nltk.grammar", "nltk.lm", "nltk.chunk", "nltk.collocations", "nltk.util", "nltk.tbl", "nltk.cluster", "nltk.metrics", "nltk.parse", "nltk.internals", "nltk.featstruct", "nltk.sentiment"],
    "spacy": ["spacy.tokens", "spacy.matcher", "spacy.pipeline", "spacy.lang", "spacy.training", "spacy.vocab", "spacy.language", "spacy.lookups", "spacy.lemmatizer", "spacy.strings", "spacy.vectors", "spacy.tokenizer", "spacy.ml", "spacy.kb"],
    "thinc": ["thinc.model", "thinc.layers", "thinc.optimizers", "thinc.types", "thinc.loss", "thinc.initializers", "thinc.shims", "thinc.config"],
    "skops": ["skops.hub_utils", "skops.card"], "dill": [], "cloudpickle": [],
    "torch": ["torch.nn", "torch.optim", "torch.distributions", "torch.utils.data", "torch.ao", "torch.quantization", "torch.amp", "torch.cuda.amp", "torch._tensor", "torch.storage",
              "torch.distributed.checkpoint.metadata", "torch.distributed.checkpoint.planner", "torch.distributed.fsdp", "torch.distributed._shard", "torch.distributed.tensor", "torch.types", "torch.sparse",
              "torch.utils.hooks", "torch.utils.flop_counter", "torch.fx.graph", "torch.fx.node", "torch.fx.immutable_collections", "torch.export.graph_signature", "torch.masked", "torch.nested", "torch.random", "torch.autograd", "torch.profiler", "torch.backends"],
    "torchvision": ["torchvision.models", "torchvision.transforms", "torchvision.ops", "torchvision.tv_tensors", "torchvision.datasets", "torchvision._utils"],
    "torchaudio": ["torchaudio.models", "torchaudio.transforms", "torchaudio.pipelines", "torchaudio.functional"],
    "torchmetrics": ["torchmetrics"], "timm": ["timm.layers", "timm.models", "timm.data", "timm.utils", "timm.optim", "timm.scheduler", "timm.loss"],
    "lightning": ["lightning.pytorch", "lightning.fabric"], "lightning_utilities": ["lightning_utilities.core"],
    "pytorch_lightning": ["pytorch_lightning.callbacks", "pytorch_lightning.core", "pytorch_lightning.utilities", "pytorch_lightning.loggers", "pytorch_lightning.trainer", "pytorch_lightning.plugins", "pytorch_lightning.strategies", "pytorch_lightning.loops"],
    "fastai": ["fastai"], "fastcore": ["fastcore"], "ultralytics": ["ultralytics.nn", "ultralytics.models", "ultralytics.utils", "ultralytics.data", "ultralytics.engine"],
    "transformers": ["transformers"], "tokenizers": ["tokenizers"], "datasets": ["datasets"], "huggingface_hub": ["huggingface_hub"], "accelerate": ["accelerate"],
    "peft": ["peft"], "diffusers": ["diffusers.models", "diffusers.schedulers", "diffusers.configuration_utils", "diffusers.image_processor", "diffusers.training_utils", "diffusers.optimization", "diffusers.utils"], "sentence_transformers": ["sentence_transformers"], "safetensors": [], "keras": ["keras.src"],
    "tensorflow": [], "jax": ["jax._src"], "flax": ["flax"], "optax": ["optax"], "mlflow": ["mlflow.models.signature", "mlflow.models.model", "mlflow.types", "mlflow.pyfunc.model"],
    "sympy": [], "jinja2": [], "fsspec": [], "PIL": ["PIL.Image", "PIL.ImageFont", "PIL.PngImagePlugin", "PIL.JpegImagePlugin", "PIL.ImagePalette", "PIL.TiffImagePlugin", "PIL.GifImagePlugin"], "yaml": [], "requests": [], "urllib3": [], "numba": [],
    "pyarrow": [], "networkx": ["networkx.classes"], "aiohttp": [], "httpx": [], "flask": [], "sqlalchemy": [], "setuptools": [], "pkg_resources": [], "pip": [],
    "docker": [], "git": [], "gunicorn": [], "psutil": [], "smart_open": [], "srsly": [], "onnx": [], "databricks": [], "alembic": [], "graphene": [], "werkzeug": [], "click": [],
    "typer": [], "wasabi": [], "weasel": [], "confection": [], "cloudpathlib": [], "pydantic": [], "rich": [], "tqdm": [], "matplotlib": ["matplotlib.colors", "matplotlib.transforms"], "plotly": [], "cv2": [], "h5py": [], "absl": [], "google": [], "grpc": [],
    "ml_dtypes": ["ml_dtypes"], "orbax": [], "etils": [], "pytz": ["pytz"], "dateutil": ["dateutil"], "tzdata": [], "llvmlite": [], "multiprocess": [], "threadpoolctl": ["threadpoolctl"], "marisa_trie": [], "wandb": [], "tensorboard": [], "nbformat": [], "IPython": [], "packaging": ["packaging"],
}
NAMES = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn", "PIL": "pillow", "yaml": "pyyaml"}
SKIP = {"numpy": ("numpy.typing",), "torch": ("torch.testing", "torch.onnx._internal", "torch._inductor.fx_passes"), "sklearn": ("sklearn.externals",), "tensorflow": ("tensorflow.include",), "transformers": ("transformers.kernels",)}
SEVERE = {"execution", "process", "import", "deserialise", "native", "network", "archive", "file", "read"}
JUDGED = {"apply": "judged/apply", "attribute": "judged/attribute", "write": "judged/write"}
VERBS = dict(execution="runs code", process="starts or ends processes", deserialise="unpickles what it is given", native="loads native code", network="connects", archive="unpacks or writes archives",
             file="writes, moves or deletes files", read="reads files", deferred="starts something that runs later", debugger="starts a debugger", environment="changes the process", resource="blocks or ends the process", gui="opens windows")
VERBS["import"] = "imports by name"
UNBUILT = (".modular_", ".convert_", ".modeling_tf_", ".modeling_flax_", ".commands", ".cli", ".testing", "._testing", ".benchmark", ".setup", ".conftest", ".pipelines.")


def below(module, prefixes):
    return any(module == prefix or module.startswith(prefix + ".") for prefix in prefixes)


def wanted(module, name, kind, standing):
    """Leaves out classes that nobody pickles and methods that merely call or read what they are given."""
    if standing == "safe/construct":
        leaf = name.rsplit(".", 1)[-1]
        return not any(part in module + "." for part in UNBUILT) and not leaf.endswith(("Kwargs", "Tester", "Test", "Protocol", "TypedDict"))
    return not (kind == "method" and standing.startswith("judged/"))


def reviewed(tables):
    """Every pair of the hand-written tables."""
    pairs = set()
    for path in glob.glob(os.path.join(tables, "*.tsv")):
        with open(path, encoding="utf-8") as file:
            pairs |= {tuple(line.split("\t")[:2]) for line in file if not line.startswith("#")}
    return pairs


def observed(path):
    """Roles of every global that the quiet set names."""
    with open(path, encoding="utf-8") as file:
        return {(row[0], row[1]): dict(part.split(":") for part in row[2].split(",")) for row in (line.rstrip("\n").split("\t") for line in file)}


def rows_of(package, library, seen):
    """Rows of one installed version of one library, and the classes that act."""
    rows, acting = {}, []
    for (module, name), kind in package.classes.items():
        found = package.loading(kind)
        effect = effects.worst(found)
        if effect is None and below(module, LIBRARIES[library]) and not name.rsplit(".", 1)[-1].startswith("Test"):
            rows[(module, name)] = ("class", "safe/construct", "only builds a value")
        elif effect is not None:
            if effect in JUDGED and below(module, LIBRARIES[library]):
                rows[(module, name)] = ("class", JUDGED[effect], found[effect])
                continue
            grave = effect in SEVERE
            restored = effect in {e for n in ("__setstate__", "__new__") if package.method(kind, n) for e in package.effects(package.method(kind, n))}
            acting.append((module, name, effect, found[effect], restored))
            if grave and (module, name) not in seen and (restored or not below(module, LIBRARIES[library]) or effect in ("execution", "process", "native")):
                rows[(module, name)] = ("class", "dangerous/" + effect, phrase(effect, found[effect]))
    for (module, name), function in package.functions.items():
        leaf = name.rsplit(".", 1)[-1]
        if leaf in ("__init__", "__new__", "__setstate__", "__del__", "__repr__", "__getattr__", "__getattribute__"):
            continue
        found = package.effects(function)
        effect = effects.worst(found)
        if effect is None:
            continue
        standing = JUDGED.get(effect, "dangerous/" + effect)
        rows[(module, name)] = ("method" if "." in name else "function", standing, found[effect] if effect in JUDGED else phrase(effect, found[effect]))
    return rows, acting


def phrase(effect, reason):
    return f"{VERBS[effect]} (reaches {reason})"


RANK = {"safe/construct": 1, "safe/inert": 1, "safe/pure": 1, "judged/write": 2, "judged/attribute": 3, "judged/apply": 4}


def main():
    tables, seen, sites = sys.argv[1], observed(sys.argv[2]), sys.argv[3:]
    only = set(filter(None, os.environ.get("ONLY", "").split(",")))
    known, report = reviewed(tables), []
    os.makedirs(os.path.join(tables, "listed"), exist_ok=True)
    for library in LIBRARIES:
        if only and library not in only:
            continue
        merged, versions = {}, set()
        refused = set()
        for site in sites:
            folder = os.path.join(site, library)
            if not (os.path.isdir(folder) or os.path.isfile(folder + ".py")):
                continue
            package = effects.Package(folder, library, SKIP.get(library, ()))
            rows, acting = rows_of(package, library, seen)
            report += [(library, *row) for row in acting]
            refused |= {(row[0], row[1]) for row in acting}
            for pair, row in rows.items():
                old = merged.get(pair)
                if old is None or RANK.get(row[1], 9) > RANK.get(old[1], 9):
                    merged[pair] = row
            versions |= {os.path.basename(f).split("-")[1].removesuffix(".dist-info") for f in glob.glob(os.path.join(site, "*.dist-info")) if os.path.basename(f).split("-")[0].lower().replace("_", "") in (library.lower(), NAMES.get(library, library).lower().replace("-", ""))}
        write(tables, library, {pair: row for pair, row in merged.items() if pair not in known and wanted(*pair, *row[:2]) and not (row[1] == "safe/construct" and pair in refused)}, versions)
    for (module, name), roles in seen.items():
        for line in report:
            if line[1:3] == (module, name):
                print("built by honest files but acts:", *line, roles)


def write(tables, library, rows, versions):
    path = os.path.join(tables, "listed", NAMES.get(library, library) + ".tsv")
    if not rows:
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"# Written by xtask/quiet/list_constructors.py from the sources of {NAMES.get(library, library)} {', '.join(sorted(versions))}.\n")
        file.write("# module\tname\tkind\tstanding\treason\tsource\n")
        for (module, name), (kind, standing, reason) in sorted(rows.items()):
            file.write(f"{module}\t{name}\t{kind}\t{standing}\t{' '.join(reason.split())}\t\n")
    print(library, collections.Counter(row[1] for row in rows.values()), flush=True)


if __name__ == "__main__":
    main()
