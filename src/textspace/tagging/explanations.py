"""What each word and n-gram of a text adds to the score of a tag, and which words the filters of a convolution saw."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from textspace.classification.contributions import branches_to
from textspace.classification.explanation import Contribution, Explanation
from textspace.search.unit_rows import SMALLEST_NORM
from textspace.tagging.scoring import parameters_of
from textspace.text.feature_list import Feature, list_features
from textspace.text.vocabulary import END_OF_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from textspace.formats.stored_tagspace import StoredConvolution, StoredTagSpace
    from textspace.tagging.scoring import TagScorer
    from textspace.training.tagspace_parameters import TagSpaceParameters

    Doubles = NDArray[np.float64]


class FilterWindow(NamedTuple):
    """What one filter of a convolution saw in a text.

    Attributes
    ----------
    filter : int
        Its number.
    text : str
        The known words of the window in which it has its maximum.
    activation : float
        Its value behind the last tanh, from -1 to 1.
    value : float
        What it adds to the score of the tag.
    begin, end : int
        Its words are among ``tokens[begin:end]`` of the explanation.

    Examples
    --------
    >>> FilterWindow(3, "grill fish", 0.5, 0.125, 2, 4).text
    'grill fish'
    """

    filter: int
    text: str
    activation: float
    value: float
    begin: int
    end: int


def explain_tag(scorer: TagScorer, stored: StoredTagSpace, text: str, tag_id: int) -> Explanation:
    """Return what each feature of a text adds to the score of a tag.

    Parameters
    ----------
    scorer : TagScorer
        Of the model.
    stored : StoredTagSpace
        The model.
    text : str
        One text.
    tag_id : int
        The tag.

    Returns
    -------
    Explanation
        Its contributions and its offset add up to its score.
    """
    tokens, features = _features(scorer, stored, text)
    known = [feature for feature in features if feature.row >= 0]
    if not known:
        prior = float(scorer.priors[tag_id])
        return Explanation(stored.tags[tag_id], prior, prior, math.nan, tokens, ())
    values, offset = np.zeros(len(known)), _offset(stored, tag_id)
    contributions: list[Contribution] = []
    if stored.convolution is None:
        values += _of_bag(stored, parameters_of(stored, n_threads=1), known, tag_id)
        values += _of_linear(scorer, stored, known, text, tag_id)
    else:
        windows, constant = _of_convolution(stored, parameters_of(stored, n_threads=1), known, tag_id)
        contributions += [Contribution("ngram", each.text, each.value, each.begin, each.end) for each in windows]
        offset += constant
    if stored.convolution is None or stored.linear is not None:
        contributions += [
            Contribution(feature.kind, feature.text, value, feature.begin, feature.end)
            for feature, value in zip(known, values.tolist(), strict=True)
        ]
    score = math.fsum([offset, *(found.value for found in contributions)])
    probability = scorer.probability(text, tag_id)
    return Explanation(stored.tags[tag_id], score, offset, probability, tokens, tuple(contributions))


def filter_windows(scorer: TagScorer, stored: StoredTagSpace, text: str, tag_id: int) -> list[FilterWindow]:
    """Return for each filter of a convolution the window that it has its maximum in; the strongest first.

    Parameters
    ----------
    scorer, stored, text, tag_id : object
        As for `explain_tag`.

    Returns
    -------
    list of FilterWindow
        Where a filter has several maxima, one for each.
    """
    if stored.convolution is None:
        raise ValueError("only a convolution has filters: train with encoder='cnn'; `explain` is for every model")
    _, features = _features(scorer, stored, text)
    known = [feature for feature in features if feature.row >= 0]
    windows, _ = _of_convolution(stored, parameters_of(stored, n_threads=1), known, tag_id)
    return sorted(windows, key=lambda each: -abs(each.value))


def _features(scorer: TagScorer, stored: StoredTagSpace, text: str) -> tuple[tuple[str, ...], list[Feature]]:
    """The tokens, and the features that the encoders read: the word at the end of each text is none."""
    tokens, features = list_features(stored.features, scorer.folded(text))
    return tuple(tokens), [each for each in features if each.kind != "word" or each.text != END_OF_LINE]


def _offset(stored: StoredTagSpace, tag_id: int) -> float:
    offset = 0.0 if stored.tag_bias is None else float(stored.tag_bias[tag_id])
    return offset if stored.linear is None else offset + stored.linear.mix * float(stored.linear.bias[tag_id])


def _direction(stored: StoredTagSpace, tag_id: int) -> Doubles:
    """The vector whose product with a text's embedding is the score of the tag."""
    if stored.loss == "hs":
        nodes, signs = branches_to(stored.tag_counts, tag_id)
        return np.asarray(signs @ np.asarray(stored.tag_vectors[nodes], np.float64))
    vector = np.asarray(stored.tag_vectors[tag_id], np.float64)
    return vector / _norm(vector) if stored.similarity == "cosine" else vector


def _norm(vector: Doubles) -> float:
    return max(float(np.sqrt(vector @ vector)), SMALLEST_NORM)


def _of_bag(
    stored: StoredTagSpace, parameters: TagSpaceParameters, features: Sequence[Feature], tag_id: int
) -> Doubles:
    """Each component of an extreme is one row's; those of the mean are shared."""
    rows = np.array([feature.row for feature in features])
    vectors = np.asarray(stored.word_vectors[rows], np.float64)
    weights = np.ones(len(rows)) if stored.row_weights is None else np.asarray(stored.row_weights[rows], np.float64)
    shares = []
    for name in parameters.poolings:
        if name == "mean":
            shares.append(vectors * (weights / max(weights.sum(), SMALLEST_NORM) ** parameters.power)[:, None])
            continue
        place = vectors.argmax(axis=0) if name == "max" else vectors.argmin(axis=0)
        shares.append(np.where(np.arange(len(rows))[:, None] == place, vectors, 0))
    parts = np.concatenate(shares, axis=1)
    norm = _norm(parts.sum(axis=0)) if stored.similarity == "cosine" else 1.0
    return np.asarray(parts @ _direction(stored, tag_id) / norm)


def _of_linear(
    scorer: TagScorer, stored: StoredTagSpace, features: Sequence[Feature], text: str, tag_id: int
) -> Doubles:
    """The occurrences of a row share what it adds."""
    linear = stored.linear
    if linear is None:
        return np.zeros(len(features))
    weighted = scorer.weighted(scorer.rows_of([text]))
    of_row: dict[int, float] = {}
    for row, value in zip(weighted.rows.tolist(), weighted.values.tolist(), strict=True):
        begin, end = linear.indptr[row], linear.indptr[row + 1]
        place = begin + np.searchsorted(linear.tag_ids[begin:end], tag_id)
        if place < end and linear.tag_ids[place] == tag_id:
            of_row[row] = linear.mix * value * float(linear.values[place])
    n_of_row = Counter(feature.row for feature in features)
    return np.array([of_row.get(feature.row, 0.0) / n_of_row[feature.row] for feature in features])


def _of_convolution(
    stored: StoredTagSpace, parameters: TagSpaceParameters, words: Sequence[Feature], tag_id: int
) -> tuple[list[FilterWindow], float]:
    """The windows, and what does not depend on the text."""
    assert stored.convolution is not None
    own, words = stored.convolution, words[: parameters.max_length]
    if not words:
        return [], 0.0
    scores = _window_scores(own, np.asarray(stored.word_vectors[[word.row for word in words]], np.float64))
    projection = np.asarray(own.projection, np.float64).reshape(own.n_pools, own.n_filters, -1)
    embedding = np.asarray(own.projection_bias, np.float64).copy()
    size, found = parameters.pool or len(words), []
    for pool in range(min(own.n_pools, -(-len(words) // size))):
        part = scores[pool * size : (pool + 1) * size]
        hidden = np.tanh(part.max(axis=0))
        hidden = np.tanh(hidden) if parameters.second_tanh else hidden
        embedding += hidden @ projection[pool]
        found.append((hidden, part.argmax(axis=0) + pool * size, projection[pool]))
    direction = _direction(stored, tag_id) / (_norm(embedding) if stored.similarity == "cosine" else 1.0)
    windows = [
        _window(own, words, int(place), (number, float(activation), float(value)))
        for hidden, places, weights in found
        for number, (activation, place, value) in enumerate(
            zip(hidden, places, hidden * (weights @ direction), strict=True)
        )
    ]
    return windows, float(np.asarray(own.projection_bias, np.float64) @ direction)


def _window_scores(own: StoredConvolution, vectors: Doubles) -> Doubles:
    """The products (n, H) of all windows with all filters: zeros stand around the text."""
    before = own.width // 2
    padded = np.pad(vectors, ((before, own.width - 1 - before), (0, 0)))
    windows = np.stack([padded[place : place + own.width].reshape(-1) for place in range(len(vectors))])
    filters = np.asarray(own.filters, np.float64).reshape(own.n_filters, -1)
    return np.asarray(windows @ filters.T + np.asarray(own.filter_bias, np.float64))


def _window(
    own: StoredConvolution, words: Sequence[Feature], place: int, figures: tuple[int, float, float]
) -> FilterWindow:
    first = max(place - own.width // 2, 0)
    seen = words[first : place - own.width // 2 + own.width]
    number, activation, value = figures
    return FilterWindow(number, " ".join(word.text for word in seen), activation, value, seen[0].begin, seen[-1].end)
