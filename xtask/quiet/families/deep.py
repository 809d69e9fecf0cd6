"""torch and the libraries that live on it; jax and keras."""
import inspect
import io


def torch_dump(value, protocol):
    import torch
    buffer = io.BytesIO()
    torch.save(value, buffer, pickle_protocol=max(protocol, 2))
    return buffer.getvalue()


ARGUMENTS = dict(
    in_features=4, out_features=4, in_channels=4, out_channels=4, in1_features=2, in2_features=2, kernel_size=3, num_features=4,
    num_channels=4, num_groups=2, embed_dim=4, num_heads=2, d_model=4, nhead=2, input_size=4, hidden_size=4, num_embeddings=5,
    embedding_dim=4, normalized_shape=4, output_size=2, upscale_factor=2, downscale_factor=2, padding=1, size=4, min_val=-1., max_val=1.,
    threshold=.1, value=0., n_classes=4, cutoffs=[2], num_layers=1, dim=1, unflattened_size=(2, 2), output_ratio=.5, scale_factor=2,
    lower=.1, upper=.3, groups=2, block_size=2, n=2, p=.1)


def built(kind):
    """An instance of a module class with the smallest arguments that it takes."""
    arguments = {}
    for name, parameter in inspect.signature(kind.__init__).parameters.items():
        if name == "self" or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.default is inspect.Parameter.empty and name in ARGUMENTS:
            arguments[name] = ARGUMENTS[name]
    return kind(**arguments)


def torch_family(quiet):
    import torch
    import torch.nn as nn
    out = quiet("torch")
    plain = quiet("torch", "torch-plain")
    for name in sorted(dir(nn)):
        kind = getattr(nn, name)
        if inspect.isclass(kind) and issubclass(kind, nn.Module):
            build = lambda: built(kind)
            if name == "TransformerEncoder":
                build = lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2), 1)
            elif name == "TransformerDecoder":
                build = lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2), 1)
            plain.save(f"module-{name}", build)
            out.save(f"module-{name}", build, dump=torch_dump, protocols=(2, 5))
    for name in sorted(dir(torch.optim)):
        kind = getattr(torch.optim, name)
        if inspect.isclass(kind) and issubclass(kind, torch.optim.Optimizer) and name != "Optimizer":
            out.save(f"optimizer-{name}", lambda: kind([nn.Parameter(torch.ones(2, 2))], lr=.1), dump=torch_dump, protocols=(2, 4))
    schedulers = torch.optim.lr_scheduler
    for name in sorted(dir(schedulers)):
        kind = getattr(schedulers, name)
        if inspect.isclass(kind) and issubclass(kind, schedulers.LRScheduler) and name != "LRScheduler":
            needed = dict(StepLR=(2,), MultiStepLR=([2],), ExponentialLR=(.9,), CosineAnnealingLR=(3,), CosineAnnealingWarmRestarts=(3,),
                          CyclicLR=(.1, .2), OneCycleLR=(.1, 10), SequentialLR=None).get(name, ())
            out.save(f"scheduler-{name}", lambda: kind(torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=.1, momentum=.9), *needed), dump=torch_dump, protocols=(2,))
    for name in sorted(dir(torch.distributions)):
        kind = getattr(torch.distributions, name)
        if inspect.isclass(kind) and issubclass(kind, torch.distributions.Distribution):
            parameters = [a for a in kind.arg_constraints] if isinstance(getattr(kind, "arg_constraints", None), dict) else []
            out.save(f"distribution-{name}", lambda: kind(*[torch.tensor([.5, .5])] * min(len(parameters), 2)), dump=torch_dump, protocols=(2,))
    for name, value in sorted(vars(torch).items()):
        if isinstance(value, (torch.dtype, torch.layout, torch.memory_format, torch.qscheme)):
            plain.save(f"value-{name}", lambda: value)
        if isinstance(value, torch.dtype):
            out.save(f"tensor-{name}", lambda: torch.zeros(3, dtype=value), dump=torch_dump, protocols=(2, 4))
            plain.save(f"tensor-{name}", lambda: torch.zeros(3, dtype=value), protocols=(2, 4))
    values = dict(
        size=torch.Size([1, 2]), device=torch.device("cpu"), sparse=torch.eye(3).to_sparse(), csr=torch.eye(3).to_sparse_csr(),
        csc=torch.eye(3).to_sparse_csc(), parameter=nn.Parameter(torch.ones(2)), buffer=nn.Buffer(torch.ones(2)) if hasattr(nn, "Buffer") else None,
        meta=torch.empty(3, device="meta"), named=torch.ones(2, names=("a",)), storage=torch.ones(3).untyped_storage(),
        typed=torch.FloatStorage([1., 2.]), generator=torch.Generator(), finfo=torch.finfo(torch.float32),
        quantized=torch.quantize_per_tensor(torch.ones(3), .1, 2, torch.qint8), nested=torch.nested.nested_tensor([torch.ones(2)]),
        functions=[torch.relu, torch.nn.functional.gelu, torch.sigmoid, torch.tanh], grad=torch.ones(2, requires_grad=True),
        tensor_with_attributes=_tensor_with_attributes(), subclass=torch.nn.parameter.UninitializedParameter(), masked=torch.return_types.max(torch.ones(2, 2).max(0)))
    for name, value in values.items():
        out.save(f"torch-{name}", lambda: value, dump=torch_dump, protocols=(2, 5))
        plain.save(f"torch-{name}", lambda: value)
    _torch_data(out, torch, nn)
    _torch_deep(out, torch, nn)


def _tensor_with_attributes():
    import torch
    value = torch.ones(2)
    value.note = "kept"
    return value


def _torch_data(out, torch, nn):
    import torch.utils.data as data
    base = data.TensorDataset(torch.ones(4, 2))
    values = dict(
        loader=lambda: data.DataLoader(base), subset=lambda: data.Subset(base, [0]), concat=lambda: data.ConcatDataset([base]),
        random_sampler=lambda: data.RandomSampler(base), batch_sampler=lambda: data.BatchSampler(data.SequentialSampler(base), 2, False),
        weighted=lambda: data.WeightedRandomSampler([.5, .5], 2), packed=lambda: nn.utils.rnn.pack_sequence([torch.ones(2, 2)]),
        average=lambda: torch.optim.swa_utils.AveragedModel(nn.Linear(2, 2)), swa=lambda: torch.optim.swa_utils.SWALR(torch.optim.SGD(nn.Linear(1, 1).parameters(), .1), .1),
        scaler=lambda: torch.amp.GradScaler("cpu"), parallel=lambda: nn.DataParallel(nn.Linear(2, 2)))
    for name, build in values.items():
        out.save(f"data-{name}", build, dump=torch_dump, protocols=(2, 4))


def _torch_deep(out, torch, nn):
    import torch.ao.quantization as quantization
    chain = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    out.save("quantized-dynamic", lambda: quantization.quantize_dynamic(chain, {nn.Linear}, torch.qint8), dump=torch_dump, protocols=(2,))
    for name in sorted(vars(quantization)):
        kind = getattr(quantization, name)
        if inspect.isclass(kind) and issubclass(kind, nn.Module):
            out.save(f"observer-{name}", lambda: kind(), dump=torch_dump, protocols=(2,))
    out.save("quantization-config", lambda: quantization.get_default_qconfig("fbgemm"), dump=torch_dump, protocols=(2, 4))
    out.save("traced-graph", lambda: torch.fx.symbolic_trace(chain), "torch.fx GraphModule: its reducer runs source text", dump=torch_dump, protocols=(2,))
    out.save("weight-norm", lambda: nn.utils.weight_norm(nn.Linear(2, 2)), dump=torch_dump, protocols=(2,))
    out.save("spectral-norm", lambda: nn.utils.spectral_norm(nn.Linear(2, 2)), dump=torch_dump, protocols=(2,))

    def pruned():
        import torch.nn.utils.prune as prune
        return prune.random_unstructured(nn.Linear(4, 4), "weight", .5)
    out.save("pruned", pruned, dump=torch_dump, protocols=(2,))


def torchvision_family(quiet):
    import torch
    import torchvision
    out = quiet("torchvision")
    for name in ("alexnet densenet121 googlenet mnasnet0_5 mobilenet_v2 mobilenet_v3_small resnet18 regnet_y_400mf shufflenet_v2_x0_5 "
                 "squeezenet1_0 efficientnet_b0 vgg11 vit_b_32 convnext_tiny swin_t maxvit_t inception_v3").split():
        def build():
            with torch.device("meta"):
                return torchvision.models.get_model(name, weights=None)
        out.save(f"model-{name}", build, dump=torch_dump, protocols=(2,))
    for name in "fasterrcnn_mobilenet_v3_large_320_fpn ssdlite320_mobilenet_v3_large retinanet_resnet50_fpn maskrcnn_resnet50_fpn fcos_resnet50_fpn".split():
        out.save(f"detector-{name}", lambda: _half(torchvision.models.get_model(name, weights=None, weights_backbone=None)), dump=torch_dump, protocols=(2,))
    for name in "fcn_resnet50 deeplabv3_mobilenet_v3_large lraspp_mobilenet_v3_large".split():
        out.save(f"segmentation-{name}", lambda: _half(torchvision.models.get_model(name, weights=None, weights_backbone=None)), dump=torch_dump, protocols=(2,))
    arguments = dict(size=8, degrees=10, mean=[.5], std=[.5], padding=1, kernel_size=3, transforms=[], lambd=abs, bits=4, threshold=.5, distortion_scale=.5, sharpness_factor=2.)
    for label, module in (("v1", torchvision.transforms), ("v2", torchvision.transforms.v2)):
        for name in sorted(dir(module)):
            kind = getattr(module, name)
            if inspect.isclass(kind) and hasattr(kind, "__call__") and name[0].isupper():
                needed = {k: v for k, v in arguments.items() if k in inspect.signature(kind.__init__).parameters and inspect.signature(kind.__init__).parameters[k].default is inspect.Parameter.empty}
                out.save(f"transform-{label}-{name}", lambda: kind(**needed), protocols=(2, 4))
    out.save("box", lambda: torchvision.tv_tensors.BoundingBoxes(torch.ones(1, 4), format="XYXY", canvas_size=(4, 4)), dump=torch_dump, protocols=(2,))
    out.save("weights-enumeration", lambda: [torchvision.models.ResNet18_Weights.DEFAULT])


def _half(module):
    """Frees the weights: only the shape of the object matters here."""
    import torch
    return module.to_empty(device="meta") if hasattr(module, "to_empty") else module.to(torch.float16)


def torchaudio_family(quiet):
    import torchaudio
    out = quiet("torchaudio")
    for name in sorted(dir(torchaudio.transforms)):
        kind = getattr(torchaudio.transforms, name)
        if inspect.isclass(kind):
            out.save(f"transform-{name}", lambda: kind(), dump=torch_dump, protocols=(2,))
    for name in sorted(dir(torchaudio.models)):
        kind = getattr(torchaudio.models, name)
        if inspect.isclass(kind):
            out.save(f"model-{name}", lambda: kind(), dump=torch_dump, protocols=(2,))


def timm_family(quiet):
    import timm
    import torch
    out = quiet("timm")
    for name in ("resnet18 mobilenetv3_small_050 efficientnet_lite0 vit_tiny_patch16_224 deit_tiny_patch16_224 convnext_atto swin_tiny_patch4_window7_224 "
                 "regnetx_002 densenet121 mixer_s32_224 resmlp_12_224 ghostnet_050 edgenext_xx_small mobilevit_xxs poolformer_s12 beit_base_patch16_224 "
                 "xcit_nano_12_p16_224 levit_128s maxvit_pico_rw_256 repvgg_a0 res2net50_26w_4s tf_efficientnet_b0 dpn68 hrnet_w18_small vgg11 inception_v3 nfnet_l0 coat_tiny").split():
        def build():
            with torch.device("meta"):
                return timm.create_model(name, pretrained=False)
        out.save(f"model-{name}", build, dump=torch_dump, protocols=(2,))
    from timm.data import create_transform
    out.save("transform-evaluation", lambda: create_transform(224))
    out.save("transform-training", lambda: create_transform(224, is_training=True, auto_augment="rand-m9-mstd0.5"))
    out.save("ema", lambda: timm.utils.ModelEmaV2(torch.nn.Linear(1, 1)), dump=torch_dump, protocols=(2,))
    out.save("configuration", lambda: timm.create_model("resnet18").default_cfg)
    out.save("pretrained-configuration", lambda: timm.create_model("resnet18").pretrained_cfg)


def lightning_family(quiet):
    import lightning
    import lightning.pytorch.callbacks as callbacks
    out = quiet("lightning")
    for name in sorted(dir(callbacks)):
        kind = getattr(callbacks, name)
        if inspect.isclass(kind):
            out.save(f"callback-{name}", lambda: kind(**({"monitor": "loss"} if name == "EarlyStopping" else {})), dump=torch_dump, protocols=(2,))
    from lightning.fabric.utilities.data import AttributeDict
    out.save("attributes", lambda: AttributeDict(lr=.1))
    out.save("module", lambda: lightning.LightningModule(), dump=torch_dump, protocols=(2,))


def fastai_family(quiet):
    import torch
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner
    from fastai.tabular.all import Categorify, CategoryBlock, FillMissing, Normalize, TabularDataLoaders, tabular_learner
    import pandas as pd
    out = quiet("fastai")
    frame = pd.DataFrame(dict(a=[1., 2., 3., 4.] * 8, c=list("abab") * 8, y=[0, 1, 0, 1] * 8))
    loaders = TabularDataLoaders.from_df(frame, y_names="y", cat_names=["c"], cont_names=["a"], procs=[Categorify, FillMissing, Normalize], bs=4, y_block=CategoryBlock())
    learner = tabular_learner(loaders, layers=[4])
    out.write("learner", lambda path: (setattr(learner, "path", __import__("pathlib").Path("/")), learner.export(path)), suffix="pkl")
    from fastai.vision.all import Resize, ToTensor, IntToFloatTensor, xresnet18
    out.save("transforms", lambda: [Resize(8), ToTensor(), IntToFloatTensor()], dump=torch_dump, protocols=(2,))
    out.save("xresnet", lambda: xresnet18().half(), dump=torch_dump, protocols=(2,))
    from fastai.losses import CrossEntropyLossFlat
    out.save("loss", lambda: CrossEntropyLossFlat(), dump=torch_dump, protocols=(2,))
    from fastcore.foundation import L
    out.save("list", lambda: L(1, 2))
    import fastai.callback.all as callback
    out.save("callbacks", lambda: [callback.SaveModelCallback(), callback.MixedPrecision()], dump=torch_dump, protocols=(2,))


def ultralytics_family(quiet):
    import torch
    import ultralytics
    from ultralytics import YOLO
    out = quiet("ultralytics")
    for name in "yolov8n yolov8n-seg yolov8n-pose yolov8n-cls yolov8n-obb yolov5n yolov3-tiny yolov9t yolov10n yolo11n yolo12n rtdetr-l yolov8n-worldv2".split():
        def build():
            model = YOLO(name + ".yaml").model.half()
            return dict(epoch=-1, best_fitness=None, model=model, ema=None, updates=None, optimizer=None,
                        train_args=dict(task="detect"), date="2024-01-01", version=ultralytics.__version__)
        out.save(f"checkpoint-{name}", build, dump=torch_dump, protocols=(2,))
    from ultralytics.utils import IterableSimpleNamespace
    out.save("namespace", lambda: IterableSimpleNamespace(a=1))


def jax_family(quiet):
    import flax
    import flax.linen as linen
    import jax
    import jax.numpy as jnp
    import optax
    out = quiet("jax")
    out.save("array", lambda: jnp.ones((2, 2)))
    out.save("array-bfloat16", lambda: jnp.ones(2, jnp.bfloat16))
    out.save("key", lambda: jax.random.PRNGKey(0))
    out.save("tree", lambda: dict(a=jnp.ones(2), b=[jnp.zeros(1)]))
    out.save("shape", lambda: jax.ShapeDtypeStruct((1,), jnp.float32))
    out.save("tree-definition", lambda: jax.tree_util.tree_structure(dict(a=1)))
    out.save("partition", lambda: jax.sharding.PartitionSpec("a"))
    out = quiet("flax")
    out.save("dense", lambda: linen.Dense(3))
    out.save("frozen", lambda: flax.core.freeze(dict(a=jnp.ones(1))))
    out.save("parameters", lambda: linen.Dense(3).init(jax.random.PRNGKey(0), jnp.ones((1, 2))))
    for name in sorted(vars(linen)):
        kind = getattr(linen, name)
        if inspect.isclass(kind) and issubclass(kind, linen.Module):
            out.save(f"module-{name}", lambda: kind(), protocols=(2, 4))
    out = quiet("optax")
    for name in "adam adamw sgd rmsprop lion adagrad lamb".split():
        out.save(f"state-{name}", lambda: getattr(optax, name)(.1).init(dict(a=jnp.ones(2))))


def keras_family(quiet):
    import keras
    out = quiet("keras")
    layers = keras.layers
    out.save("sequential", lambda: keras.Sequential([layers.Input((4,)), layers.Dense(2)]))
    out.save("configuration", lambda: keras.Sequential([layers.Input((4,)), layers.Dense(2)]).get_config())
    out.save("history", lambda: keras.callbacks.History())
    import tensorflow as tf
    out.save("tensor-shape", lambda: tf.TensorShape([1]))
    out.save("tensor-type", lambda: tf.float32)
    out.save("tensor-specification", lambda: tf.TensorSpec([1]))
    out.save("tensor", lambda: tf.constant([1.]))
    out.save("weights", lambda: keras.Sequential([layers.Input((4,)), layers.Dense(2)]).get_weights())
    for name in sorted(dir(keras.optimizers)):
        kind = getattr(keras.optimizers, name)
        if inspect.isclass(kind) and issubclass(kind, keras.optimizers.Optimizer):
            out.save(f"optimizer-{name}", lambda: kind(), protocols=(2, 4))
    for module in (keras.losses, keras.metrics, keras.initializers, keras.regularizers):
        for name in sorted(dir(module)):
            kind = getattr(module, name)
            if inspect.isclass(kind):
                out.save(f"{module.__name__.rsplit('.', 1)[-1]}-{name}", lambda: kind(), protocols=(2, 4))
    for name in "Tokenizer".split():
        legacy = __import__("tensorflow.keras.preprocessing.text", fromlist=[name])
        out.save(name, lambda: getattr(legacy, name)())
