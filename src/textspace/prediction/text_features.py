"""What each row of a text stands for: words, character n-grams and word n-grams, in order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from textspace import _core
from textspace.text.subwords import Subwords
from textspace.text.utf8 import to_bytes, to_text
from textspace.text.vocabulary import END_OF_LINE

if TYPE_CHECKING:
    from textspace.text.features import TextFeatures

_TOKEN = re.compile(rb"[^ \n\r\t\v\f\0]+")
_END_OF_LINE = END_OF_LINE.encode()
_NGRAM_MULTIPLIER = 116049371
_MAX_TOKEN_BYTES = 1 << 16  # as in the core


class Feature(NamedTuple):
    """One of the rows whose mean is the vector of a text.

    Parameters
    ----------
    kind : {"word", "subword", "ngram"}
        A known word; a character n-gram of a word, known or not; a run of words.
    text : str
        The word, the n-gram as it is in ``<word>``, or the words with a space between them.
    row : int
        The row of the input matrix, -1 for a row of zeros.
    token : int
        The position of its token among the words of the text; of a run of words, the first.
    n_tokens : int
        The length of a run of words, else 1.

    Examples
    --------
    >>> Feature("word", "film", 12, 0, 1).row
    12
    """

    kind: Literal["word", "subword", "ngram"]
    text: str
    row: int
    token: int
    n_tokens: int


def features_of(features: TextFeatures, text: str | bytes) -> list[Feature]:
    """List the features of a text, one by one.

    Parameters
    ----------
    features : TextFeatures
        The rule.
    text : str or bytes
        The text; line ends in it are spaces.

    Returns
    -------
    list of Feature
        First each word with its n-grams, then the runs of words by where they begin. A feature that occurs twice is
        listed twice; the vector of the text is the mean over the list.

    Notes
    -----
    For explanations: prediction does the same in the core, without making a list.

    Examples
    --------
    >>> from textspace.text.features import TextFeatures
    >>> from textspace.text.vocabulary import Vocabulary
    >>> rule = TextFeatures(Vocabulary.from_words(["</s>", "film"]), word_ngrams=2, n_buckets=10)
    >>> [(feature.text, feature.row) for feature in features_of(rule, "a film")]
    [('film', 1), ('</s>', 0), ('a film', 11), ('film </s>', 7)]
    """
    tokens = tokens_of(features, text)
    subwords = _subwords(features)
    found: list[Feature] = []
    for position, token in enumerate(tokens):
        word_id = features.vocabulary.id_of(token)
        if word_id >= 0:
            found.append(Feature("word", to_text(token), word_id, position, 1))
        if features.max_n > 0:
            rows = subwords.rows_of([token], features.vocabulary)[1][int(word_id >= 0) :]
            grams = subwords.ngrams(token)
            found += [
                Feature("subword", gram, int(row), position, 1) for (gram, _), row in zip(grams, rows, strict=True)
            ]
    found += _word_ngrams(features, subwords, tokens)
    return [feature for feature in found if feature.row >= 0 or not features.skip_missing]


def tokens_of(features: TextFeatures, text: str | bytes) -> list[bytes]:
    r"""Cut a text into the words that its features are made of.

    Parameters
    ----------
    features : TextFeatures
        The rule.
    text : str or bytes
        The text.

    Returns
    -------
    list of bytes
        Its words without labels, and `</s>`.

    Examples
    --------
    >>> from textspace.text.features import TextFeatures
    >>> from textspace.text.vocabulary import Vocabulary
    >>> tokens_of(TextFeatures(Vocabulary.from_words(["a"])), "__label__x a\nfilm")
    [b'a', b'film', b'</s>']
    """
    prefix = to_bytes(features.label_prefix)
    tokens = [token[:_MAX_TOKEN_BYTES] for token in _TOKEN.findall(to_bytes(text)) if token != _END_OF_LINE]
    return [token for token in tokens if not prefix or not token.startswith(prefix)] + [_END_OF_LINE]


def _subwords(features: TextFeatures) -> Subwords:
    return Subwords(
        min_n=features.min_n,
        max_n=max(features.max_n, features.min_n, 1),
        n_buckets=max(features.n_buckets, 1),
        first_row=len(features.vocabulary),
        buckets=features.buckets,
        ngram_rows=features.bucket_rows,
    )


def _word_ngrams(features: TextFeatures, subwords: Subwords, tokens: list[bytes]) -> list[Feature]:
    # fastText keeps the 32-bit hashes of words as signed numbers, and multiplies in 64 bits.
    hashes = [value - (value >> 31 << 32) for value in map(_core.fnv1a, tokens)]
    found = []
    for start in range(len(tokens)):
        value = hashes[start]
        for end in range(start + 1, min(start + features.word_ngrams, len(tokens))):
            value = (value * _NGRAM_MULTIPLIER + hashes[end]) % (1 << 64)
            row = _row_of_bucket(features, subwords, value % features.n_buckets)
            words = " ".join(map(to_text, tokens[start : end + 1]))
            found.append(Feature("ngram", words, row, start, end + 1 - start))
    return found


def _row_of_bucket(features: TextFeatures, subwords: Subwords, bucket: int) -> int:
    first = len(features.vocabulary)
    if features.buckets is None or features.bucket_rows is None:
        return first + bucket
    place = int(features.buckets.searchsorted(bucket))
    if place == len(features.buckets) or features.buckets[place] != bucket:
        return -1
    row = int(features.bucket_rows[place])
    return row if first <= row < first + subwords.n_rows else -1
