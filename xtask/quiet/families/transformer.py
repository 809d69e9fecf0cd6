"""transformers, tokenizers, datasets, peft, diffusers and sentence-transformers."""
import inspect

from .deep import torch_dump


def word_tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers
    value = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "b": 2, "[PAD]": 3}, unk_token="[UNK]"))
    value.pre_tokenizer = pre_tokenizers.Whitespace()
    return value


SMALL = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=20, max_position_embeddings=16,
             d_model=8, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=8, decoder_ffn_dim=8,
             n_embd=8, n_layer=1, n_head=2, n_positions=16, num_key_value_heads=2, dim=8, n_layers=1, n_heads=2, hidden_dim=8, d_ff=8, num_layers=1, num_heads=2, d_kv=4)
MODELS = ("bert roberta distilbert albert electra deberta deberta-v2 gpt2 gpt_neo gptj opt llama mistral qwen2 gemma phi falcon bloom t5 bart marian mbart pegasus "
          "xlm-roberta mpnet longformer vit deit beit clip whisper wav2vec2 hubert segformer swin mobilebert squeezebert camembert funnel convbert xlnet").split()


def transformers_family(quiet):
    import torch
    import transformers
    from transformers import trainer_utils
    out = quiet("transformers")
    for name in sorted(transformers.CONFIG_MAPPING.keys()):
        out.save(f"configuration-{name}", lambda: transformers.CONFIG_MAPPING[name](), protocols=(4,))
    for name in MODELS:
        def build():
            kind = transformers.CONFIG_MAPPING[name]
            known = inspect.signature(kind.__init__).parameters
            with torch.device("meta"):
                return transformers.AutoModel.from_config(kind(**{k: v for k, v in SMALL.items() if k in known}))
        out.save(f"model-{name}", build, dump=torch_dump, protocols=(2,))
    fast = lambda: transformers.PreTrainedTokenizerFast(tokenizer_object=word_tokenizer(), unk_token="[UNK]", pad_token="[PAD]")
    out.save("tokenizer-fast", fast)
    out.save("encoding", lambda: fast()("a b"))
    out.save("encoding-tensors", lambda: fast()("a b", return_tensors="pt"))
    out.save("arguments", lambda: transformers.TrainingArguments("out", report_to=[], use_cpu=True), dump=torch_dump, protocols=(2,))
    out.save("arguments-plain", lambda: transformers.TrainingArguments("out", report_to=[], use_cpu=True))
    out.save("arguments-translation", lambda: transformers.Seq2SeqTrainingArguments("out", report_to=[], use_cpu=True), dump=torch_dump, protocols=(2,))
    out.save("generation", lambda: transformers.GenerationConfig())
    out.save("collator", lambda: transformers.DataCollatorWithPadding(fast()))
    out.save("state", lambda: transformers.TrainerState())
    out.save("control", lambda: transformers.TrainerControl())
    out.save("output", lambda: transformers.modeling_outputs.BaseModelOutput(last_hidden_state=torch.ones(1)))
    out.save("prediction", lambda: trainer_utils.PredictionOutput(None, None, {}))
    out.save("cache", lambda: transformers.DynamicCache(), dump=torch_dump, protocols=(2,))
    out.save("quantization", lambda: transformers.BitsAndBytesConfig())
    for name, kind in sorted(vars(trainer_utils).items()):
        if inspect.isclass(kind) and hasattr(kind, "__members__"):
            out.save(f"enumeration-{name}", lambda: list(kind))
    for name in "ViTImageProcessor CLIPImageProcessor WhisperFeatureExtractor Wav2Vec2FeatureExtractor ConvNextImageProcessor DetrImageProcessor SegformerImageProcessor".split():
        out.save(f"processor-{name}", lambda: getattr(transformers, name)())
    from transformers.optimization import get_linear_schedule_with_warmup
    out.save("schedule", lambda: get_linear_schedule_with_warmup(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], .1), 1, 2), dump=torch_dump, protocols=(2,))


def tokenizers_family(quiet):
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors
    out = quiet("tokenizers")
    out.save("tokenizer", word_tokenizer)
    out.save("encoding", lambda: word_tokenizer().encode("a b"))
    out.save("added-token", lambda: tokenizers.AddedToken("x"))
    for module in (decoders, models, normalizers, pre_tokenizers, processors):
        for name in sorted(dir(module)):
            kind = getattr(module, name)
            if inspect.isclass(kind):
                out.save(f"{module.__name__.rsplit('.', 1)[-1]}-{name}", lambda: kind(), protocols=(0, 2, 4))


def datasets_family(quiet):
    import datasets
    out = quiet("datasets")
    table = datasets.Dataset.from_dict(dict(a=[1, 2], b=["x", "y"]))
    out.save("dataset", lambda: table)
    out.save("dictionary", lambda: datasets.DatasetDict(train=table))
    out.save("features", lambda: table.features)
    out.save("information", lambda: table.info)
    out.save("class-label", lambda: datasets.ClassLabel(names=["a", "b"]))
    out.save("value", lambda: datasets.Value("int64"))
    out.save("split", lambda: datasets.Split.TRAIN)
    out.save("configuration", lambda: datasets.BuilderConfig())
    out.save("version", lambda: datasets.Version("1.0.0"))


def peft_family(quiet):
    import peft
    import torch
    out = quiet("peft")
    for name in sorted(dir(peft)):
        kind = getattr(peft, name)
        if inspect.isclass(kind) and name.endswith("Config"):
            out.save(f"configuration-{name}", lambda: kind(), protocols=(2, 4))
    chain = torch.nn.Sequential(torch.nn.Linear(4, 4))
    out.save("lora", lambda: peft.get_peft_model(chain, peft.LoraConfig(target_modules=["0"])), dump=torch_dump, protocols=(2,))
    import accelerate
    out = quiet("accelerate")
    out.save("plugin", lambda: accelerate.utils.GradientAccumulationPlugin(num_steps=1))
    out.save("project", lambda: accelerate.utils.ProjectConfiguration())
    out.save("state-enumerations", lambda: [accelerate.utils.DistributedType.NO, accelerate.utils.PrecisionType.NO])
    out.save("deepspeed", lambda: accelerate.utils.DynamoBackend.NO)


def diffusers_family(quiet):
    import diffusers
    import torch
    out = quiet("diffusers")
    for name in sorted(n for n in dir(diffusers) if n.endswith("Scheduler")):
        out.save(f"scheduler-{name}", lambda: getattr(diffusers, name)(), dump=torch_dump, protocols=(2,))
    out.save("unet", lambda: diffusers.UNet2DModel(8, 3, 3, block_out_channels=(4, 8), norm_num_groups=2, down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"), attention_head_dim=2), dump=torch_dump, protocols=(2,))
    out.save("autoencoder", lambda: diffusers.AutoencoderKL(block_out_channels=(4,), norm_num_groups=2), dump=torch_dump, protocols=(2,))


def sentence_transformers_family(quiet):
    import sentence_transformers
    from sentence_transformers import losses, models
    import transformers
    out = quiet("sentence-transformers")
    pooling = models.Pooling(4)
    out.save("pooling", lambda: pooling, dump=torch_dump, protocols=(2,))
    out.save("dense", lambda: models.Dense(4, 4), dump=torch_dump, protocols=(2,))
    out.save("normalize", lambda: models.Normalize(), dump=torch_dump, protocols=(2,))
    out.save("model", lambda: sentence_transformers.SentenceTransformer(modules=[pooling, models.Dense(4, 4)]), dump=torch_dump, protocols=(2,))
    out.save("example", lambda: sentence_transformers.InputExample(texts=["a"]))
    out.save("loss", lambda: losses.CosineSimilarityLoss(sentence_transformers.SentenceTransformer(modules=[pooling])), dump=torch_dump, protocols=(2,))
