"""The features of a text by name, against the slow reference of prediction."""

import numpy as np
import pytest

import reference_prediction as ref
from textspace.text.feature_list import list_features
from textspace.text.features import TextFeatures
from textspace.text.vocabulary import Vocabulary

WORDS = ["the", "naïve", "</s>", "寿司", "cheese", "a"]
TEXTS = [
    "the naïve cheese",
    "unknown the 寿司 unknown",
    "  __label__x the\n a\tcheese __label__  a ",
    "",
    "the",
    "the </s> a",
    "\udcff the",
]


def both_models(*, buckets="some", skip_missing=False, label_prefix="__label__", word_ngrams=3, max_n=3):
    n_buckets, n_words = 40, len(WORDS)
    chosen = np.array([1, 5, 6, 9, *range(12, 36)], np.int32)
    rows = (n_words + np.random.default_rng(0).permutation(len(chosen))).astype(np.int32)
    has_rows = buckets == "some"
    features = TextFeatures(
        Vocabulary.from_words(WORDS),
        min_n=2 if max_n else 0,
        max_n=max_n,
        word_ngrams=word_ngrams,
        n_buckets=n_buckets,
        label_prefix=label_prefix,
        buckets=chosen if has_rows else None,
        bucket_rows=rows if has_rows else None,
        skip_missing=skip_missing,
    )
    model = ref.Model(
        [word.encode() for word in WORDS],
        ["x"],
        [1],
        np.zeros((features.n_rows, 1)),
        None,
        min_n=features.min_n,
        max_n=max_n,
        word_ngrams=word_ngrams,
        n_buckets=n_buckets,
        label_prefix=label_prefix.encode(),
        bucket_rows=dict(zip(chosen.tolist(), rows.tolist(), strict=True)) if has_rows else None,
        skip_missing=skip_missing,
    )
    return features, model


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"buckets": "all"},
        {"skip_missing": True},
        {"label_prefix": ""},
        {"word_ngrams": 1},
        {"max_n": 0},
        {"word_ngrams": 1, "max_n": 0},
    ],
)
def test_rows_are_those_of_the_reference(options):
    features, model = both_models(**options)
    for text in TEXTS:
        tokens, found = list_features(features, text)
        assert [feature.row for feature in found] == ref.features(model, text.encode("utf-8", "surrogateescape"))
        for feature in found:
            words = tokens[feature.begin : feature.end]
            if feature.kind == "ngram":
                assert feature.text.split(" ") == [word for word in words if not model.label_prefix or word[:2] != "__"]
            elif feature.kind == "word":
                assert [feature.text] == words
            else:
                assert feature.text in f"<{words[0]}>"


def test_damaged_rows_are_missing():
    features, _ = both_models()
    features.bucket_rows[:] = [-7, 3, 10**9, *features.bucket_rows[3:]]
    for text in TEXTS:
        rows = [feature.row for feature in list_features(features, text)[1]]
        assert all(-1 <= row < features.n_rows for row in rows)
