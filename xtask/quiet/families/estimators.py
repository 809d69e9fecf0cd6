"""scikit-learn estimators, pipelines and joblib files."""
import inspect

import numpy as np

RANDOM = np.random.RandomState(0)
X = RANDOM.rand(40, 4)
Y = (X[:, 0] > .5).astype(int)
TEXT = ["good film", "bad plot", "great act", "poor scene"] * 10


def builders():
    """Every estimator class of the installed version, old and new names of the listing alike."""
    try:
        from sklearn.utils import all_estimators
    except ImportError:
        from sklearn.utils.testing import all_estimators
    for module in ("enable_halving_search_cv", "enable_iterative_imputer", "enable_hist_gradient_boosting"):
        try:
            __import__("sklearn.experimental." + module)
        except ImportError:
            pass
    return all_estimators()


def estimator(kind):
    """An unfitted estimator with the smallest arguments that it takes."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier
    needed = dict(estimator=LogisticRegression(), base_estimator=LogisticRegression(), estimators=[("a", LogisticRegression())],
                  param_grid={"C": [1., 2.]}, param_distributions={"C": [1., 2.]}, transformers=[("a", "passthrough", [0, 1])],
                  steps=[("a", DecisionTreeClassifier())], transformer_list=[("a", DecisionTreeClassifier())],
                  dictionary=np.eye(4), n_nonzero_coefs=1)
    if kind.__name__ in ("StackingRegressor", "VotingRegressor"):
        from sklearn.linear_model import Ridge
        needed["estimators"] = [("a", Ridge())]
    if kind.__name__ == "FeatureUnion":
        from sklearn.preprocessing import StandardScaler
        needed["transformer_list"] = [("s", StandardScaler())]
    arguments = {}
    for name, parameter in inspect.signature(kind.__init__).parameters.items():
        if name in needed and parameter.default is inspect.Parameter.empty:
            arguments[name] = needed[name]
        if name == "n_estimators" and isinstance(parameter.default, int):
            arguments[name] = 3
        if name == "max_iter" and isinstance(parameter.default, int):
            arguments[name] = 20
    return kind(**arguments)


def fitted(kind):
    value = estimator(kind)
    for data in ((X, Y), (X, np.c_[Y, 1 - Y]), (TEXT, Y), (X[:, 0], Y), ([{"a": 1}] * 40, Y), (Y, None)):
        try:
            return value.fit(*data)
        except Exception:
            continue
    return value


def sklearn_family(quiet):
    out = quiet("scikit-learn")
    for name, kind in builders():
        out.save(name, lambda: fitted(kind), "fitted")


def pipeline_family(quiet):
    from sklearn import metrics, model_selection, pipeline, preprocessing
    from sklearn.base import clone
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    out = quiet("scikit-learn", "scikit-learn-parts")
    chain = pipeline.Pipeline([("s", preprocessing.StandardScaler()), ("m", LogisticRegression())])
    out.save("pipeline", lambda: clone(chain).fit(X, Y))
    out.save("pipeline-unfitted", chain)
    out.save("grid-search", lambda: model_selection.GridSearchCV(chain, {"m__C": [1, 2]}, cv=2).fit(X, Y))
    out.save("random-search", lambda: model_selection.RandomizedSearchCV(
        LogisticRegression(), {"C": __import__("scipy.stats").stats.uniform(.1, 2)}, n_iter=2, cv=2).fit(X, Y))
    out.save("function-transformer", lambda: preprocessing.FunctionTransformer(np.log1p).fit(X))
    out.save("scorer", lambda: metrics.make_scorer(metrics.accuracy_score))
    out.save("scorer-threshold", lambda: getattr(metrics, "get_scorer")("roc_auc"))
    out.save("bunch", lambda: __import__("sklearn.datasets").datasets.load_iris())
    out.save("forest-balanced", lambda: RandomForestClassifier(3, class_weight="balanced").fit(X, Y))
    for name in dir(model_selection):
        kind = getattr(model_selection, name)
        if inspect.isclass(kind) and (hasattr(kind, "split") or name == "ParameterGrid"):
            out.save(f"splitter-{name}", lambda: kind({"a": [1]}) if name == "ParameterGrid" else kind())
    import sklearn.gaussian_process.kernels as kernels
    for name in dir(kernels):
        kind = getattr(kernels, name)
        if inspect.isclass(kind) and issubclass(kind, kernels.Kernel):
            out.save(f"kernel-{name}", lambda: kind())
    for name in sorted(vars(metrics)):
        value = getattr(metrics, name)
        if inspect.isclass(value):
            out.save(f"metric-{name}", lambda: value())
        elif inspect.isfunction(value) and not name.startswith("_"):
            out.save(f"metric-function-{name}", lambda: value, protocols=(0, 4))
    try:
        from sklearn.neighbors import BallTree, KDTree, KernelDensity
        out.save("ball-tree", lambda: BallTree(X))
        out.save("kd-tree", lambda: KDTree(X))
    except ImportError:
        pass
    for module in ("sklearn.metrics", "sklearn.neighbors"):
        try:
            found = getattr(__import__(module, fromlist=["DistanceMetric"]), "DistanceMetric")
            for metric in "euclidean manhattan chebyshev hamming haversine".split():
                out.save(f"distance-{metric}", lambda: found.get_metric(metric))
            break
        except (ImportError, AttributeError):
            continue
    out.save("calibrated", lambda: __import__("sklearn.calibration").calibration.CalibratedClassifierCV(LogisticRegression(), cv=2).fit(X, Y))


def joblib_family(quiet):
    import joblib
    from sklearn.ensemble import RandomForestClassifier
    out = quiet("joblib")
    forest = RandomForestClassifier(2).fit(X, Y)
    for name, value in dict(array=X, objects=np.array([1, "a", {}], object), forest=forest, mixed=dict(x=X, y=Y, n=["a"])).items():
        for compress in (0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)):
            label = compress if isinstance(compress, int) else compress[0]
            for protocol in (None, 2, 4, 5):
                out.write(f"{name}-{label}-{protocol}", lambda path: joblib.dump(value, path, compress=compress, protocol=protocol), suffix="joblib", protocol=protocol or "own")
    out.save("memory", lambda: joblib.Memory(None))
    out.save("parallel", lambda: joblib.Parallel(2))
    out.save("delayed", lambda: joblib.delayed(len)([1]))
