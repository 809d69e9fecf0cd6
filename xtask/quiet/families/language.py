"""gensim, nltk and spaCy objects."""
import os
import tempfile

TEXT = ["good film tonight", "bad plot again", "great act tonight", "poor scene again"] * 5
WORDS = [line.split() for line in TEXT]


def gensim_family(quiet):
    import gensim
    import gensim.models as models
    out = quiet("gensim")
    dictionary = gensim.corpora.Dictionary(WORDS)
    corpus = [dictionary.doc2bow(line) for line in WORDS]
    tagged = [models.doc2vec.TaggedDocument(line, [i]) for i, line in enumerate(WORDS)]
    values = dict(
        word2vec=lambda: models.Word2Vec(WORDS, vector_size=8, min_count=1, epochs=1),
        doc2vec=lambda: models.Doc2Vec(tagged, vector_size=8, min_count=1, epochs=1),
        fasttext=lambda: models.FastText(WORDS, vector_size=8, min_count=1, bucket=50, epochs=1),
        vectors=lambda: models.Word2Vec(WORDS, vector_size=8, min_count=1, epochs=1).wv,
        lda=lambda: models.LdaModel(corpus, 2, dictionary), lsi=lambda: models.LsiModel(corpus, dictionary, 2),
        hdp=lambda: models.HdpModel(corpus, dictionary), nmf=lambda: models.Nmf(corpus, 2, dictionary),
        tfidf=lambda: models.TfidfModel(corpus), okapi=lambda: models.OkapiBM25Model(corpus=corpus, dictionary=dictionary),
        phrases=lambda: models.Phrases(WORDS), phraser=lambda: models.phrases.Phraser(models.Phrases(WORDS)),
        projections=lambda: models.RpModel(corpus, 2), dictionary=lambda: dictionary,
        log_entropy=lambda: models.LogEntropyModel(corpus), author=lambda: models.AuthorTopicModel(corpus, 2, dictionary, author2doc=dict(a=[0])),
        similarity=lambda: gensim.similarities.MatrixSimilarity(corpus, num_features=len(dictionary)),
        ensemble=lambda: models.LdaSeqModel(corpus, time_slice=[10, 10], id2word=dictionary, num_topics=1, passes=1, em_max_iter=1))
    for name, build in values.items():
        out.save(name, build)
        if name != "vectors":
            out.write(f"{name}-own", lambda path: build().save(path), suffix="model")


def nltk_family(quiet):
    import nltk
    from nltk.probability import ConditionalFreqDist, FreqDist
    out = quiet("nltk")
    tagged = [[("the", "D"), ("cat", "N")], [("a", "D"), ("dog", "N")]] * 5
    features = [(dict(a=1), "x"), (dict(a=0), "y")] * 4
    values = dict(
        freq=lambda: FreqDist("abca"), conditional=lambda: ConditionalFreqDist([("a", 1)]),
        bayes=lambda: nltk.NaiveBayesClassifier.train(features), tree=lambda: nltk.DecisionTreeClassifier.train(features),
        maxent=lambda: nltk.MaxentClassifier.train(features, trace=0, max_iter=2), unigram=lambda: nltk.UnigramTagger(tagged),
        bigram=lambda: nltk.BigramTagger(tagged, backoff=nltk.DefaultTagger("N")), regexp_tagger=lambda: nltk.RegexpTagger([("a", "N")]),
        perceptron=lambda: nltk.tag.PerceptronTagger(load=False), porter=lambda: nltk.PorterStemmer(), snowball=lambda: nltk.SnowballStemmer("english"),
        lancaster=lambda: nltk.LancasterStemmer(), punkt=lambda: nltk.tokenize.PunktSentenceTokenizer(" ".join(TEXT)),
        punkt_parameters=lambda: nltk.tokenize.punkt.PunktTrainer(" ".join(TEXT)).get_params(), regexp=lambda: nltk.RegexpTokenizer("a+"),
        treebank=lambda: nltk.TreebankWordTokenizer(), tree_value=lambda: nltk.Tree("S", ["a"]), grammar=lambda: nltk.CFG.fromstring("S -> 'a'"),
        brill=lambda: nltk.tag.brill_trainer.BrillTaggerTrainer(nltk.DefaultTagger("N"), nltk.tag.brill.brill24()).train(tagged, max_rules=2),
        hmm=lambda: nltk.tag.hmm.HiddenMarkovModelTrainer().train_supervised(tagged), ngram=lambda: nltk.lm.MLE(2), vocabulary=lambda: nltk.lm.Vocabulary("ab"),
        laplace=lambda: nltk.LaplaceProbDist(FreqDist("ab"), 3), tweet=lambda: nltk.TweetTokenizer(), chunker=lambda: nltk.RegexpParser("NP: {<D><N>}"),
        collocations=lambda: nltk.BigramCollocationFinder.from_words("abcab"))
    for name, build in values.items():
        out.save(name, build)


def spacy_family(quiet):
    import spacy
    out = quiet("spacy")
    blank = spacy.blank("en")
    blank.add_pipe("sentencizer")
    out.save("vocab", lambda: blank.vocab)
    out.save("string-store", lambda: blank.vocab.strings)
    out.save("document", lambda: blank("A small text."))
    out.save("tokenizer", lambda: blank.tokenizer)
    out.save("span-group", lambda: list(blank("A text.").user_data))
    out.save("matcher", lambda: spacy.matcher.Matcher(blank.vocab))
    out.save("phrase-matcher", lambda: spacy.matcher.PhraseMatcher(blank.vocab))
    out.save("doc-bin", lambda: spacy.tokens.DocBin())
    out.save("language", lambda: blank)
    out.save("config", lambda: blank.config)
    out.save("example", lambda: spacy.training.Example.from_dict(blank("A b"), dict(words=["A", "b"])))
    out.save("vectors", lambda: spacy.vectors.Vectors(shape=(3, 4)))
    out.save("text-categorizer", lambda: _trained(spacy))
    out.save("thinc-model", lambda: __import__("thinc.api").api.Linear(2, 2).initialize())


def _trained(spacy):
    language = spacy.blank("en")
    pipe = language.add_pipe("textcat")
    pipe.add_label("a")
    pipe.add_label("b")
    language.initialize()
    return pipe
