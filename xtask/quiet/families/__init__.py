"""The families of the quiet set: one function for each library, given the writer class."""
from . import arrays, boosting, classic, closures, deep, estimators, language, transformer

FAMILIES = dict(
    numpy=arrays.numpy_family, scipy=arrays.scipy_family, pandas=arrays.pandas_family,
    sklearn=estimators.sklearn_family, pipelines=estimators.pipeline_family, joblib=estimators.joblib_family,
    xgboost=boosting.xgboost_family, lightgbm=boosting.lightgbm_family, catboost=boosting.catboost_family,
    imblearn=classic.imblearn_family, category_encoders=classic.category_encoders_family,
    clusters=classic.clusters_family, statsmodels=classic.statsmodels_family, skops=classic.skops_family,
    gensim=language.gensim_family, nltk=language.nltk_family, spacy=language.spacy_family,
    dill=closures.dill_family, cloudpickle=closures.cloudpickle_family, standard=closures.standard_family,
    torch=deep.torch_family, torchvision=deep.torchvision_family, torchaudio=deep.torchaudio_family,
    timm=deep.timm_family, lightning=deep.lightning_family, fastai=deep.fastai_family,
    ultralytics=deep.ultralytics_family, jax=deep.jax_family, keras=deep.keras_family,
    transformers=transformer.transformers_family, tokenizers=transformer.tokenizers_family,
    datasets=transformer.datasets_family, peft=transformer.peft_family, diffusers=transformer.diffusers_family,
    sentence_transformers=transformer.sentence_transformers_family,
)
