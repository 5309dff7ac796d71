"""StarSpace's training files as texts and tags: both formats, weights, and the train modes 0 to 5."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from textspace._validation import check_choice, check_int, reject
from textspace.text.reading import read_blocks
from textspace.text.utf8 import to_text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from textspace._typing import Source

FILE_FORMATS = ("fastText", "labelDoc")
_MAX_REPEATS = 1000
_EXAMPLE_WEIGHT = "__weight__"


@dataclass(frozen=True, slots=True)
class StarSpaceExamples:
    """Texts and tags of StarSpace's files, as `TagSpace.fit` takes them, and what became of the lines.

    Parameters
    ----------
    texts : list of str
        N texts: the left-hand sides, words with a space between them.
    tags : list of tuple of str
        The right-hand sides of each.
    n_lines : int
        Lines that were read.
    dropped : dict of str to int
        How many lines gave no example, by the reason.
    changed : dict of str to int
        How many tokens or weights could not be taken as they are, by what was done with them.

    Examples
    --------
    >>> StarSpaceExamples(["a b"], [("x",)], n_lines=1).dropped
    {}
    """

    texts: list[str]
    tags: list[tuple[str, ...]]
    n_lines: int
    dropped: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)


class _Line(NamedTuple):
    """The words of a line, and its labels, each of one or more tokens."""

    words: list[str]
    labels: list[str]


def read_starspace(
    source: Source,
    *,
    file_format: Literal["fastText", "labelDoc"] = "fastText",
    mode: int = 0,
    label_prefix: str = "__label__",
    use_weight: bool = False,
    weight_separator: str = ":",
    normalize_text: bool = False,
    window: int = 5,
    n_choices: int | None = None,
    seed: int = 0,
) -> StarSpaceExamples:
    r"""Read files that StarSpace is trained on.

    Parameters
    ----------
    source : path, iterable of paths, or iterable of str
        Files, compressed ones too, or lines. `numbered_files` names those of ``-numGzFile``.
    file_format : {"fastText", "labelDoc"}
        "fastText": tokens between spaces and tabs, those with `label_prefix` labels. "labelDoc": documents between
        tabs, each of which can be a label.
    mode : int
        StarSpace's ``-trainMode``; a text and its tags are

        - 0: the words, and all labels (labelDoc: the first document, and the others);
        - 1: each label in turn is the tag of the words and all other labels;
        - 2 and 3: each label in turn is a text whose tags are the others;
        - 4: the first label is a text, the second its tag;
        - 5: each word is the tag of its neighbours (fastText's format alone).
    label_prefix : str
        Of labels; it is cut off, also where a label is a word of a text.
    use_weight : bool
        Whether a token may end in `weight_separator` and a number, its weight. A word of weight w is repeated w times,
        rounded; labels have no weights here. Lines' own weights (``__weight__``) are read by StarSpace and never used,
        and here left out.
    weight_separator : str
        Between token and weight.
    normalize_text : bool
        Whether words are lower-cased, and digits of words without letters become 0.
    window : int
        Mode 5: words before a word that are its neighbours; after it there is one less, as in StarSpace.
    n_choices : int, optional
        Modes 1 to 3: of how many labels of a line, drawn at random, each has its turn. By default all have: a line of
        n labels gives n examples of n - 1 labels.
    seed : int
        Of the draws.

    Returns
    -------
    StarSpaceExamples
        Texts and tags, and how many lines gave none.

    Raises
    ------
    ValueError
        When a parameter breaks its rule.
    OSError
        When a file cannot be read.

    Notes
    -----
    StarSpace draws one label of a line in each epoch, and takes other true labels for wrong ones. Here all labels are
    tags of the text at once, which is what its draws amount to on average, without that mistake. In mode 2 it adds the
    vectors of the other labels; here each is a tag.

    Examples
    --------
    >>> found = read_starspace(["bake bread __label__food __label__oven", "only words"])
    >>> found.texts, found.tags, found.dropped
    (['bake bread'], [('food', 'oven')], {'no label': 1})
    >>> read_starspace(["how to bake\tbread\tflat bread"], file_format="labelDoc").tags
    [('bread', 'flat bread')]
    """
    check_choice("file_format", file_format, FILE_FORMATS)
    check_int("mode", mode, at_least=0, at_most=5)
    if mode == 5 and file_format == "labelDoc":
        reject("mode", "be 0 to 4 with file_format='labelDoc'", mode, "mode 5 is about words")
    if not label_prefix or (use_weight and not weight_separator):
        reject("label_prefix and weight_separator", "not be empty", (label_prefix, weight_separator))
    check_int("window", window, at_least=1)
    if n_choices is not None:
        check_int("n_choices", n_choices, at_least=1)
    changed: Counter[str] = Counter()
    tokens = _TokenReader(weight_separator if use_weight else None, changed, normalized=normalize_text)
    dropped: Counter[str] = Counter()
    texts: list[str] = []
    tags: list[tuple[str, ...]] = []
    n_lines, draw = 0, random.Random(seed)  # noqa: S311 - no secret
    for line in _lines(source):
        n_lines += 1
        parsed = _parse(line, file_format, mode, label_prefix, tokens)
        reason = _why_dropped(parsed, mode)
        if reason:
            dropped[reason] += 1
            continue
        for text, its_tags in _examples(parsed, mode, window, n_choices, draw):
            texts.append(text)
            tags.append(its_tags)
    return StarSpaceExamples(texts, tags, n_lines, dict(dropped), dict(changed))


def numbered_files(name: str | os.PathLike[str], n_files: int) -> list[Path]:
    """Return the names of the files that StarSpace reads with ``-compressFile gzip -numGzFile n``.

    Parameters
    ----------
    name : str or os.PathLike
        What is given to StarSpace as ``-trainFile``.
    n_files : int
        How many.

    Returns
    -------
    list of Path
        The name with two digits and .gz, from 00.

    Examples
    --------
    >>> [path.name for path in numbered_files("train", 2)]
    ['train00.gz', 'train01.gz']
    """
    return [Path(f"{name}{number:02d}.gz") for number in range(check_int("n_files", n_files, at_least=1))]


def _lines(source: Source) -> Iterator[str]:
    rest = b""
    for block in read_blocks(source):
        *whole, rest = (rest + block).split(b"\n")
        yield from (to_text(line).removesuffix("\r") for line in whole)
    if rest:
        yield to_text(rest)


class _TokenReader:
    """Cuts documents into tokens, without their weights."""

    def __init__(self, separator: str | None, changed: Counter[str], *, normalized: bool) -> None:
        self._separator = separator
        self._changed = changed
        self._normalized = normalized

    def words(self, tokens: list[str]) -> list[str]:
        """Repeat words as often as their weights say."""
        found: list[str] = []
        for token in tokens:
            word, weight = self._weighted(token)
            if word == _EXAMPLE_WEIGHT:
                self._changed["line weight left out"] += 1
                continue
            n = min(max(round(weight), 0), _MAX_REPEATS)
            if n == 0:
                self._changed["word of weight 0 left out"] += 1
            elif n != weight:
                self._changed["weight rounded"] += 1
            found += [self._normal(word)] * n
        return found

    def label(self, tokens: list[str]) -> str:
        """Join the tokens of a label, which has no weight."""
        found = []
        for token in tokens:
            word, weight = self._weighted(token)
            if word == _EXAMPLE_WEIGHT:
                self._changed["line weight left out"] += 1
                continue
            if weight != 1:
                self._changed["weight of a label left out"] += 1
            found.append(word)
        return " ".join(found)

    def _weighted(self, token: str) -> tuple[str, float]:
        if self._separator is None:
            return token, 1.0
        word, separator, number = token.rpartition(self._separator)
        try:
            weight = float(number)
        except ValueError:
            return token, 1.0
        return (word, weight) if word and separator and math.isfinite(weight) else (token, 1.0)

    def _normal(self, word: str) -> str:
        if not self._normalized:
            return word
        if any(character.isalpha() for character in word):
            return word.lower()
        return "".join("0" if "0" <= character <= "9" else character for character in word)


def _parse(line: str, file_format: str, mode: int, prefix: str, reader: _TokenReader) -> _Line:
    if file_format == "fastText":
        tokens = line.replace("\t", " ").split(" ")
        words = [token for token in tokens if token and not token.startswith(prefix)]
        labels = [reader.label([token]) for token in tokens if token.startswith(prefix)]
        return _Line(reader.words(words), [label.removeprefix(prefix) for label in labels if label != prefix])
    documents = [[token.removeprefix(prefix) for token in part.split(" ")] for part in line.split("\t")]
    documents = [[token for token in document if token] for document in documents]
    if mode == 0:
        labels = [reader.label(document) for document in documents[1:]]
        return _Line(reader.words(documents[0]), [label for label in labels if label])
    return _Line([], [label for document in documents if (label := reader.label(document))])


def _why_dropped(line: _Line, mode: int) -> str | None:
    if mode in (0, 5) and not line.words:
        return "no word"
    if mode == 0 and not line.labels:
        return "no label"
    if mode in (1, 2, 3, 4) and len(line.labels) < 2:
        return "fewer than two labels"
    if mode == 5 and len(line.words) < 2:
        return "fewer than two words"
    return None


def _examples(
    line: _Line, mode: int, window: int, n_choices: int | None, draw: random.Random
) -> Iterator[tuple[str, tuple[str, ...]]]:
    words, labels = line
    if mode == 0:
        yield " ".join(words), tuple(dict.fromkeys(labels))
    elif mode == 4:
        yield labels[0], (labels[1],)
    elif mode == 5:
        for place, word in enumerate(words):
            around = words[max(place - window, 0) : place] + words[place + 1 : place + window]
            if around:
                yield " ".join(around), (word,)
    else:
        places = list(range(len(labels)))
        if n_choices is not None and n_choices < len(places):
            places = sorted(draw.sample(places, n_choices))
        for place in places:
            others = labels[:place] + labels[place + 1 :]
            if mode == 1:
                yield " ".join(words + others), (labels[place],)
            else:
                yield labels[place], tuple(dict.fromkeys(others))
