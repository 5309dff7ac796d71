"""Texts with labels: fastText's files, or sequences of texts and of labels."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, cast

import numpy as np

from textspace.text.reading import read_blocks
from textspace.text.utf8 import to_text

if TYPE_CHECKING:
    from textspace._typing import LongArray, Source

_SEPARATORS = " \n\r\t\v\f\0"
_ODD_SEPARATORS = ("  ", *"\n\r\t\v\f\0")
_END_OF_LINE_TOKEN = re.compile(f"(?<![^{_SEPARATORS}])</s>(?![^{_SEPARATORS}])")
_BATCH = 1024
BLOCK_SIZE = 1 << 21  # bytes of a file that are read at once


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """A few texts, and the labels of each.

    Parameters
    ----------
    texts : list of str
        N texts.
    labels : list of tuple of str
        The labels of each, without prefix; an empty tuple where it has none.

    Examples
    --------
    >>> LabelledTexts(["good film"], [("pos",)]).labels
    [('pos',)]
    """

    texts: list[str]
    labels: list[tuple[str, ...]]


def read_labelled(
    source: Source, labels: object = None, *, label_prefix: str = "__label__", batch_size: int = _BATCH
) -> Iterator[LabelledTexts]:
    r"""Read texts and their labels.

    Parameters
    ----------
    source : path, iterable of paths, or iterable of str
        Without `labels`, lines in fastText's form: all tokens that start with `label_prefix` are labels, the others the
        text. Paths are those of `read_blocks`. With `labels`, N texts.
    labels : sequence, optional
        For each text its label, or a sequence of its labels: str, or int which becomes its decimal digits.
    label_prefix : str, default "__label__"
        Not empty without `labels`.
    batch_size : int, default 1024
        How many texts are given at a time.

    Returns
    -------
    iterator of LabelledTexts
        The texts in batches.

    Raises
    ------
    ValueError
        If there are more texts than labels, or fewer.
    TypeError
        If a text is no str, or a label neither str nor int.

    Examples
    --------
    >>> [batch] = read_labelled(["__label__pos a good film", "__label__a __label__b x"])
    >>> batch.texts, batch.labels
    (['a good film', 'x'], [('pos',), ('a', 'b')])
    >>> [batch] = read_labelled(["a good film", "x"], [1, [2, 3]])
    >>> batch.labels
    [('1',), ('2', '3')]
    """
    examples: Iterator[tuple[str, tuple[str, ...]]]
    if labels is None:
        require_prefix(label_prefix)
        examples = (split_labels(line, label_prefix) for line in _lines(source))
    else:
        examples = _pairs(source, labels)
    while batch := list(itertools.islice(examples, batch_size)):
        yield LabelledTexts([text for text, _ in batch], [names for _, names in batch])


def require_prefix(label_prefix: str) -> None:
    """Raise ValueError for a prefix by which no label can be told from a word."""
    if not label_prefix:
        raise ValueError("`label_prefix` must not be empty where the labels are in the text, got ''; give `labels`")


def split_labels(line: str, label_prefix: str) -> tuple[str, tuple[str, ...]]:
    """Give the text of a line and its labels, without their prefix.

    Parameters
    ----------
    line : str
        A line in fastText's form.
    label_prefix : str
        Tokens that start with it are labels.

    Returns
    -------
    text : str
        The line, or where labels stand in it, its other tokens, separated by spaces.
    labels : tuple of str
        In the order of the line.
    """
    if label_prefix not in line:
        return line, ()
    if any(map(line.__contains__, _ODD_SEPARATORS)):
        line = " ".join(re.split(f"[{_SEPARATORS}]+", line))
    line = line.strip(" ")
    # Nearly always all labels stand before the text, which need not be cut.
    *tokens, rest = line.split(" ", line.count(label_prefix))
    tokens += rest.split(" ") if label_prefix in rest else [rest]
    labels = tuple(token[len(label_prefix) :] for token in tokens if token and token.startswith(label_prefix))
    return " ".join([token for token in tokens if not token.startswith(label_prefix)]), labels


def label_lists(labels: object) -> tuple[list[str], LongArray]:
    """Flatten the labels of texts.

    Parameters
    ----------
    labels : iterable
        For each text its label, or an iterable of its labels: str, or int.

    Returns
    -------
    names : list of str
        All labels, one text after another.
    n_labels : ndarray of int64, shape (N,)
        How many each text has.

    Raises
    ------
    TypeError
        If `labels` is no iterable of these.
    """
    if isinstance(labels, (str, bytes)) or not isinstance(labels, Iterable):
        raise TypeError(f"`labels` must be a sequence with one entry for each text, got {type(labels).__name__}")
    listed = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
    if all(type(label) is str for label in listed):
        return listed, np.ones(len(listed), np.int64)
    lists = [_names(label, position) for position, label in enumerate(listed)]
    return list(itertools.chain.from_iterable(lists)), np.array([len(names) for names in lists], np.int64)


def text_lines(texts: Iterable[object]) -> Iterator[str]:
    """Give the texts as lines that the tokenizer ends only at their ends.

    Parameters
    ----------
    texts : iterable of str
        Any texts.

    Returns
    -------
    iterator of str
        Each with its line ends as spaces, and without tokens ``</s>``, which would end it as well.

    Raises
    ------
    TypeError
        If a text is no str.
    """
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            remedy = "decode it" if isinstance(text, bytes) else 'replace missing texts by "" or leave them out'
            raise TypeError(f"`texts` must hold only str, got {type(text).__name__} at position {position}; {remedy}")
        yield one_line(text)


def one_line(text: str) -> str:
    """Give a text as `text_lines` does."""
    line = text.replace("\n", " ")
    return _END_OF_LINE_TOKEN.sub(" ", line) if "</s>" in line else line


def _names(label: object, position: int) -> list[str]:
    if isinstance(label, (str, int, np.integer)):
        return [_name(label, position)]
    if isinstance(label, np.ndarray):
        label = label.tolist()
    if isinstance(label, (bytes, dict)) or not isinstance(label, Iterable):
        _reject_label(label, position)
    return [_name(name, position) for name in label]


def _name(label: object, position: int) -> str:
    if isinstance(label, str):
        return label
    if not isinstance(label, (int, np.integer)) or isinstance(label, bool):
        _reject_label(label, position)
    return str(int(label))


def _reject_label(label: object, position: int) -> NoReturn:
    raise TypeError(
        f"`labels` must hold str or int, or sequences of them, got {type(label).__name__} at position {position}"
    )


def _pairs(texts: Source, labels: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    names, n_labels = label_lists(labels)
    ends = np.cumsum(n_labels).tolist()
    begin = 0
    n_texts = -1
    for n_texts, text in enumerate(text_lines(require_texts(texts))):
        if n_texts >= len(ends):
            break
        yield text, tuple(names[begin : ends[n_texts]])
        begin = ends[n_texts]
    require_equal_length(n_texts + 1, len(ends))


def require_texts(texts: object) -> Iterable[object]:
    """Return `texts` where they are an iterable of texts, not a single one nor a path."""
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
        raise TypeError(f"the texts must be a sequence of str where `labels` are given, got {type(texts).__name__}")
    to_pylist = getattr(texts, "to_pylist", None)  # Arrow's, whose items are no str
    return texts if to_pylist is None else cast("list[object]", to_pylist())


def require_equal_length(n_texts: int, n_labels: int) -> None:
    """Raise ValueError where there is not one entry of `labels` for each text."""
    if n_texts != n_labels:
        raise ValueError(f"`labels` must have one entry for each text, got {n_labels} for {n_texts} texts")


def _lines(source: Source) -> Iterator[str]:
    rest = b""
    for block in read_blocks(source, block_size=BLOCK_SIZE):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        yield from map(to_text, lines)
