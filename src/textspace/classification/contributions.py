"""What each row of the input matrix adds to the score of a label: a text's score is the mean over its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace.classification.explanation import Contribution, Explanation
from textspace.formats.quantized import dense_blocks, rows_of
from textspace.text.feature_list import list_features
from textspace.text.subwords import Subwords

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from textspace._typing import IntArray, LongArray
    from textspace.formats.stored_classifier import StoredClassifier
    from textspace.prediction.predictor import Predictor
    from textspace.text.features import TextFeatures

    Doubles = NDArray[np.float64]


def row_scores(stored: StoredClassifier, label_id: int, rows: IntArray | None = None) -> Doubles:
    """Return the product of rows of the input matrix with what stands for a label in the output matrix.

    Parameters
    ----------
    stored : StoredClassifier
        The model.
    label_id : int
        The label.
    rows : ndarray of int32, shape (F,), optional
        Rows of the input matrix; -1 is a row of zeros. None: all rows.

    Returns
    -------
    ndarray of float64, shape (F,)
        Their mean over the rows of a text is the text's score: the label's logit, before calibration.

    Notes
    -----
    With hierarchical softmax the log-probability of a label is no linear function of the text. What is linear are the
    log-odds of each branch on the way from the root to the label: the score is their sum.
    """
    direction = None if stored.output_vectors is None else _direction(stored, label_id)

    def scores(block: NDArray[np.float32]) -> Doubles:
        found: Doubles = block[:, label_id].astype(np.float64) if direction is None else block @ direction
        return found

    if rows is None:
        everything: Doubles = np.concatenate([scores(block) for block in dense_blocks(stored.input_vectors)])
        return everything
    out = np.zeros(len(rows))
    out[rows >= 0] = scores(rows_of(stored.input_vectors, rows[rows >= 0]))
    return out


def _direction(stored: StoredClassifier, label_id: int) -> Doubles:
    """The vector (D,) whose product with a text's vector is the label's score."""
    assert stored.output_vectors is not None
    if stored.loss != "hs":
        vector: Doubles = rows_of(stored.output_vectors, np.array([label_id]))[0].astype(np.float64)
        return vector
    nodes, signs = branches_to(stored.label_counts, label_id)
    direction: Doubles = signs @ rows_of(stored.output_vectors, nodes).astype(np.float64)
    return direction


def branches_to(counts: LongArray, label_id: int) -> tuple[LongArray, Doubles]:
    """Return the inner nodes from a label to the root of the Huffman tree, and the signs of the branches taken there.

    Parameters
    ----------
    counts : ndarray of int64, shape (L,)
        Of the labels, descending: they make the tree.
    label_id : int
        The label.

    Returns
    -------
    nodes : ndarray of int64
        Rows of the output matrix.
    signs : ndarray of float64
        1 or -1 for each.
    """
    n_labels = len(counts)
    weights = [*counts.tolist(), *[np.iinfo(np.int64).max] * (n_labels - 1)]
    parents: list[tuple[int, float]] = [(-1, 0.0)] * (2 * n_labels - 1)
    leaf, inner = n_labels - 1, n_labels
    for node in range(n_labels, 2 * n_labels - 1):
        taken = []
        for sign in (-1.0, 1.0):
            if leaf >= 0 and weights[leaf] < weights[inner]:
                child, leaf = leaf, leaf - 1
            else:
                child, inner = inner, inner + 1
            parents[child] = node, sign
            taken.append(weights[child])
        weights[node] = sum(taken)
    nodes, signs = [], []
    at, sign = parents[label_id]
    while at >= 0:
        nodes.append(at - n_labels)
        signs.append(sign)
        at, sign = parents[at]
    return np.array(nodes, np.int64), np.array(signs)


def explain_text(predictor: Predictor, text: str, label_id: int) -> Explanation:
    """Return what each feature of a text adds to the score of a label.

    Parameters
    ----------
    predictor : Predictor
        Of the model.
    text : str
        The text.
    label_id : int
        The label.

    Returns
    -------
    Explanation
        Its contributions and its offset add up to its score.
    """
    stored = predictor.stored
    tokens, features = list_features(stored.features, text)
    scale, offset = _calibration(stored, label_id)
    values = row_scores(stored, label_id, np.array([feature.row for feature in features], np.int32))
    values *= scale / max(len(features), 1)
    contributions = tuple(
        Contribution(feature.kind, feature.text, value, feature.begin, feature.end)
        for feature, value in zip(features, values.tolist(), strict=True)
    )
    return Explanation(
        label=stored.labels[label_id],
        score=float(values.sum()) + offset,
        offset=offset,
        probability=float(predictor.probabilities([text])[0, label_id]),
        tokens=tuple(tokens),
        contributions=contributions,
    )


def _calibration(stored: StoredClassifier, label_id: int) -> tuple[float, float]:
    """Scale and offset of a label's score; those of hierarchical softmax belong to the log-probability instead."""
    calibration = stored.calibration
    if calibration is None or stored.loss == "hs":
        return 1.0, 0.0
    scale, offset = (np.broadcast_to(given, len(stored.labels)) for given in (calibration.scale, calibration.offset))
    return float(scale[label_id]), float(offset[label_id])


class Keyword(NamedTuple):
    """A word or n-gram, and how much it speaks for a label.

    Attributes
    ----------
    text : str
        The word, or the words of an n-gram.
    weight : float
        What one occurrence adds to the sum over the features of a text, whose mean is the score.
    kind : {"word", "ngram"}
        Which of both.

    Examples
    --------
    >>> Keyword("so good", 2.5, "ngram").text
    'so good'
    """

    text: str
    weight: float
    kind: str


def find_keywords(stored: StoredClassifier, label_id: int, ngrams: dict[str, int], *, k: int) -> list[Keyword]:
    """Return the words of the vocabulary and the n-grams with the highest weights.

    Parameters
    ----------
    stored : StoredClassifier
        The model.
    label_id : int
        The label.
    ngrams : dict of str to int
        Word n-grams to look at too, with their rows.
    k : int
        How many.

    Returns
    -------
    list of Keyword
        The highest weight first. A word's weight is the sum over its own row and those of its character n-grams.
    """
    scores = row_scores(stored, label_id)
    weights = _word_weights(stored.features, scores)
    best = np.argsort(-weights, kind="stable")[:k].tolist()
    found = [Keyword(stored.features.vocabulary.word(word_id), float(weights[word_id]), "word") for word_id in best]
    found += [Keyword(text, float(scores[row]), "ngram") for text, row in ngrams.items() if row >= 0]
    return sorted(found, key=lambda keyword: -keyword.weight)[:k]


def _word_weights(features: TextFeatures, scores: Doubles) -> Doubles:
    n_words = len(features.vocabulary)
    if features.max_n == 0:
        return scores[:n_words]
    subwords = Subwords(
        min_n=features.min_n,
        max_n=features.max_n,
        n_buckets=features.n_buckets,
        first_row=n_words,
        buckets=features.buckets,
        ngram_rows=features.bucket_rows,
    )
    indptr, rows = subwords.vocabulary_rows(features.vocabulary)
    sums = np.append(0, np.cumsum(np.append(scores, 0)[rows]))  # the score of row -1, the last, is 0
    weights: Doubles = sums[indptr[1:]] - sums[indptr[:-1]]
    return weights
