"""imbalanced-learn, category-encoders, clustering, statsmodels and skops."""
import inspect
import pkgutil

import numpy as np

RANDOM = np.random.RandomState(0)
X = RANDOM.rand(60, 4)
Y = (X[:, 0] > .7).astype(int)


def imblearn_family(quiet):
    from imblearn.utils import testing
    out = quiet("imbalanced-learn")
    for name, kind in testing.all_estimators():
        def build():
            value = kind()
            for call in ("fit", "fit_resample"):
                try:
                    getattr(value, call)(X, Y)
                    break
                except Exception:
                    continue
            return value
        out.save(name, build)
    from imblearn.pipeline import make_pipeline
    from sklearn.linear_model import LogisticRegression
    out.save("pipeline", lambda: make_pipeline(kind_of("imblearn.over_sampling", "SMOTE"), LogisticRegression()).fit(X, Y))


def kind_of(module, name):
    return getattr(__import__(module, fromlist=[name]), name)()


def category_encoders_family(quiet):
    import category_encoders
    import pandas as pd
    out = quiet("category-encoders")
    frame = pd.DataFrame(dict(a=list("abca") * 15, b=RANDOM.rand(60)))
    for name in sorted(vars(category_encoders)):
        kind = getattr(category_encoders, name)
        if inspect.isclass(kind):
            out.save(name, lambda: kind().fit(frame, Y))


def clusters_family(quiet):
    import hdbscan
    import umap
    out = quiet("hdbscan")
    out.save("HDBSCAN", lambda: hdbscan.HDBSCAN().fit(X))
    out.save("HDBSCAN-prediction", lambda: hdbscan.HDBSCAN(prediction_data=True, gen_min_span_tree=True).fit(X))
    out.save("RobustSingleLinkage", lambda: hdbscan.RobustSingleLinkage().fit(X))
    out = quiet("umap-learn")
    out.save("UMAP", lambda: umap.UMAP(n_neighbors=5, n_epochs=5).fit(X))
    out.save("UMAP-supervised", lambda: umap.UMAP(n_neighbors=5, n_epochs=5).fit(X, Y))
    out.save("DensMAP", lambda: umap.UMAP(n_neighbors=5, n_epochs=5, densmap=True).fit(X))
    out.save("NNDescent", lambda: __import__("pynndescent").NNDescent(X, n_neighbors=5))


def statsmodels_family(quiet):
    import pandas as pd
    import statsmodels.api as sm
    import statsmodels.formula.api as formula
    import statsmodels.tsa.api as tsa
    out = quiet("statsmodels")
    frame = pd.DataFrame(X, columns=list("abcd")).assign(y=Y, r=X.sum(1))
    out.save("ols", lambda: sm.OLS(X.sum(1), sm.add_constant(X)).fit())
    out.save("ols-frame", lambda: sm.OLS(frame["r"], frame[["a", "b"]]).fit())
    out.save("wls", lambda: sm.WLS(X.sum(1), X[:, :2]).fit())
    out.save("gls", lambda: sm.GLS(X.sum(1), X[:, :2]).fit())
    out.save("rlm", lambda: sm.RLM(X.sum(1), X[:, :2]).fit())
    out.save("quantreg", lambda: sm.QuantReg(X.sum(1), X[:, :2]).fit())
    for family in "Binomial Gaussian Poisson".split():
        out.save(f"glm-{family}", lambda: sm.GLM(Y, X[:, 1:], family=getattr(sm.families, family)()).fit())
    out.save("logit", lambda: sm.Logit(Y, X[:, 1:]).fit(disp=0))
    out.save("probit", lambda: sm.Probit(Y, X[:, 1:]).fit(disp=0))
    out.save("poisson", lambda: sm.Poisson(Y, X[:, 1:]).fit(disp=0))
    out.save("mnlogit", lambda: sm.MNLogit(Y, X[:, 1:]).fit(disp=0))
    out.save("formula-ols", lambda: formula.ols("r ~ a + b", frame).fit())
    out.save("formula-logit", lambda: formula.logit("y ~ b + c", frame).fit(disp=0))
    out.save("mixed", lambda: formula.mixedlm("r ~ a", frame, groups=frame["y"]).fit())
    series = np.cumsum(RANDOM.rand(60))
    out.save("arima", lambda: tsa.ARIMA(series, order=(1, 0, 0)).fit())
    out.save("sarimax", lambda: sm.tsa.SARIMAX(series, order=(1, 1, 0)).fit(disp=0))
    out.save("autoreg", lambda: tsa.AutoReg(series, 1).fit())
    out.save("holt", lambda: tsa.Holt(series).fit())
    out.save("exponential", lambda: tsa.ExponentialSmoothing(series, trend="add").fit())
    out.save("ets", lambda: tsa.ETSModel(series).fit(disp=0))
    out.save("var", lambda: tsa.VAR(X).fit(1))
    out.save("unobserved", lambda: sm.tsa.UnobservedComponents(series, "local level").fit(disp=0))
    out.save("seasonal", lambda: tsa.seasonal_decompose(series, period=4))
    out.save("kde", lambda: sm.nonparametric.KDEUnivariate(series))
    out.save("pca", lambda: __import__("statsmodels.multivariate.pca").multivariate.pca.PCA(X))


def skops_family(quiet):
    import skops.io
    from sklearn.linear_model import LogisticRegression
    out = quiet("skops")
    out.write("model", lambda path: skops.io.dump(LogisticRegression().fit(X, Y), path), suffix="skops")
