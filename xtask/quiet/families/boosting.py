"""Gradient boosting libraries."""
import numpy as np

RANDOM = np.random.RandomState(0)
X = RANDOM.rand(40, 4)
Y = (X[:, 0] > .5).astype(int)


def xgboost_family(quiet):
    import xgboost
    out = quiet("xgboost-cpu" if _has("xgboost-cpu") else "xgboost", "xgboost")
    for name in "XGBClassifier XGBRegressor XGBRFClassifier XGBRFRegressor".split():
        out.save(name, lambda: getattr(xgboost, name)(n_estimators=3).fit(X, Y))
    out.save("XGBRanker", lambda: xgboost.XGBRanker(n_estimators=2, objective="rank:pairwise").fit(X, Y, group=[20, 20]))
    out.save("unfitted", lambda: xgboost.XGBClassifier())
    out.save("booster", lambda: xgboost.train({}, xgboost.DMatrix(X, Y), 2))
    out.save("booster-callback", lambda: xgboost.XGBClassifier(n_estimators=3, early_stopping_rounds=1, eval_metric="logloss").fit(X, Y, eval_set=[(X, Y)]))
    out.save("enumerations", lambda: [xgboost.collective.Op.MAX])
    out.save("gblinear", lambda: xgboost.XGBRegressor(booster="gblinear", n_estimators=2).fit(X, Y))
    out.save("callbacks", lambda: [xgboost.callback.EarlyStopping(2), xgboost.callback.EvaluationMonitor()])


def lightgbm_family(quiet):
    import lightgbm
    out = quiet("lightgbm")
    for name in "LGBMClassifier LGBMRegressor".split():
        out.save(name, lambda: getattr(lightgbm, name)(n_estimators=3, min_child_samples=2, verbose=-1).fit(X, Y))
    out.save("LGBMRanker", lambda: lightgbm.LGBMRanker(n_estimators=2, min_child_samples=2, verbose=-1).fit(X, Y, group=[20, 20]))
    out.save("unfitted", lambda: lightgbm.LGBMModel())
    out.save("booster", lambda: lightgbm.train(dict(verbose=-1, min_data=2), lightgbm.Dataset(X, Y), 2))
    out.save("callbacks", lambda: lightgbm.early_stopping(3))


def catboost_family(quiet):
    import catboost
    out = quiet("catboost")
    for name in "CatBoostClassifier CatBoostRegressor CatBoost CatBoostRanker".split():
        arguments = dict(iterations=3, allow_writing_files=False, silent=True)
        extra = dict(group_id=np.repeat([0, 1], 20)) if name == "CatBoostRanker" else {}
        kind = getattr(catboost, name)
        out.save(name, lambda: (kind(arguments) if name == "CatBoost" else kind(**arguments)).fit(X, Y, **extra))
        out.save(name + "-unfitted", lambda: kind(arguments) if name == "CatBoost" else kind(**arguments))


def _has(name):
    from make_pickles import package_version
    return package_version(name) != "?"
