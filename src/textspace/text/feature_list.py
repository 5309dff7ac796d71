"""The features of one text by name, to be shown to people: slow, where prediction's own reader gives rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from textspace import _core
from textspace.text.tokenizers import tokenize
from textspace.text.utf8 import pack_words, to_bytes, to_text
from textspace.text.vocabulary import END_OF_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textspace.text.features import TextFeatures

FeatureKind = Literal["word", "ngram", "subword"]

WORD_NGRAM_MULTIPLIER = 116049371  # fastText's
MISSING_ROW = -1


class Feature(NamedTuple):
    """One occurrence of a feature in a text.

    Attributes
    ----------
    kind : {"word", "ngram", "subword"}
        A word of the vocabulary, a run of words, a run of characters of a word.
    text : str
        The feature.
    row : int
        Its row of the input matrix; -1 is a row of zeros.
    begin, end : int
        Its words are ``tokens[begin:end]``.

    Examples
    --------
    >>> Feature("ngram", "not good", 17, 3, 5).row
    17
    """

    kind: FeatureKind
    text: str
    row: int
    begin: int
    end: int


def list_features(features: TextFeatures, text: str) -> tuple[list[str], list[Feature]]:
    """Return the tokens of a text, and every feature whose row is in the mean that is the text's vector.

    Parameters
    ----------
    features : TextFeatures
        The rule.
    text : str
        One text; its line ends are spaces.

    Returns
    -------
    tokens : list of str
        Words, labels, which have no features, and ``</s>`` at the end.
    found : list of Feature
        Words with their character n-grams, then word n-grams, by where they begin.

    Examples
    --------
    >>> from textspace.text.features import TextFeatures
    >>> from textspace.text.vocabulary import Vocabulary
    >>> features = TextFeatures(Vocabulary.from_words(["good", "</s>"]), word_ngrams=2, n_buckets=10)
    >>> tokens, found = list_features(features, "so good")
    >>> tokens, [feature.text for feature in found]
    (['so', 'good', '</s>'], ['good', '</s>', 'so good', 'good </s>'])
    """
    # Only the end of the text is an end of a line, whatever the text says.
    tokens = [token for token in tokenize(text.replace("\n", " ")) if token != END_OF_LINE]
    tokens.append(END_OF_LINE)
    prefix = features.label_prefix
    words = [pos for pos, token in enumerate(tokens) if not prefix or not token.startswith(prefix)]
    found = [*_words(features, tokens, words), *_ngrams(features, tokens, words)]
    return tokens, [feature for feature in found if feature.row >= 0 or not features.skip_missing]


def _words(features: TextFeatures, tokens: list[str], words: list[int]) -> Iterator[Feature]:
    word_ids = features.vocabulary.ids_of([tokens[pos] for pos in words]).tolist()
    for pos, word_id in zip(words, word_ids, strict=True):
        token = tokens[pos]
        if word_id >= 0:
            yield Feature("word", token, word_id, pos, pos + 1)
        if features.max_n > 0 and token != END_OF_LINE:
            ngrams = _core.ngrams(to_bytes(token), features.min_n, features.max_n, features.n_buckets)
            for ngram, bucket in ngrams:
                yield Feature("subword", to_text(ngram), _row(features, bucket), pos, pos + 1)


def _ngrams(features: TextFeatures, tokens: list[str], words: list[int]) -> Iterator[Feature]:
    if features.word_ngrams < 2:
        return
    # fastText keeps the hashes as 32-bit numbers with a sign, and widens them to 64 bits.
    hashes = _core.word_hashes(*pack_words([tokens[pos] for pos in words])).astype(np.int32).tolist()
    for first in range(len(words)):
        combined = hashes[first]
        for last in range(first + 1, min(first + features.word_ngrams, len(words))):
            combined = (combined * WORD_NGRAM_MULTIPLIER + hashes[last]) % 2**64
            text = " ".join(tokens[pos] for pos in words[first : last + 1])
            row = _row(features, combined % features.n_buckets)
            yield Feature("ngram", text, row, words[first], words[last] + 1)


def _row(features: TextFeatures, bucket: int) -> int:
    n_words = len(features.vocabulary)
    if features.buckets is None or features.bucket_rows is None:
        return n_words + bucket
    at = int(np.searchsorted(features.buckets, bucket))
    if at == len(features.buckets) or features.buckets[at] != bucket:
        return MISSING_ROW
    row = int(features.bucket_rows[at])
    return row if n_words <= row < features.n_rows else MISSING_ROW  # a file's rows are not checked
