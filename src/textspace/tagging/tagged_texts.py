"""Texts and their tags, wherever the tags stand: in a list, in fastText's lines, or as hashtags in running text."""

from __future__ import annotations

import os
import re
import unicodedata
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal, TypeAlias

from textspace._validation import check_choice
from textspace.text.labelled import one_line, read_labelled, require_texts, split_labels, text_lines
from textspace.text.tokenizers import fold_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from textspace._typing import Source

TagSource: TypeAlias = Literal["label", "hashtag"]
Folding: TypeAlias = Literal["words", "whitespace"]
TAG_SOURCES = ("label", "hashtag")
FOLDINGS = ("words", "whitespace")
# Not after a letter or a slash: C#, and addresses with an anchor, have no hashtag. A tag has a letter: #1 is a number.
_HASHTAG = re.compile(r"(?<![\w/&#])[#\uFF03](?=\d*[^\W\d])(\w+)")


def cut_hashtags(text: str, *, fold: bool = True) -> tuple[str, tuple[str, ...]]:
    """Take the hashtags out of a text.

    Parameters
    ----------
    text : str
        Running text.
    fold : bool, default True
        Whether tags are lower-cased, in Unicode's normal form NFKC: #NYC and #nyc are the same.

    Returns
    -------
    text : str
        Without the tags, so that none of them can be read from it.
    tags : tuple of str
        Each once, in the order of the text, without #.

    Examples
    --------
    >>> cut_hashtags("Crazy #Commute on the #7 train, C# for #nyc #commute")
    ('Crazy on the #7 train, C# for', ('commute', 'nyc'))
    """
    tags = _HASHTAG.findall(text)
    if fold:
        tags = [unicodedata.normalize("NFKC", tag).lower() for tag in tags]
    return " ".join(_HASHTAG.sub(" ", text).split()), tuple(dict.fromkeys(tags))


def tagged_texts(
    source: Source, tags: object = None, *, tags_from: TagSource = "label", label_prefix: str = "__label__"
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Read texts and tags.

    Parameters
    ----------
    source : path, paths or iterable of str
        Texts; without `tags`, with their tags in them.
    tags : sequence, optional
        For each text its tag, or a sequence of tags.
    tags_from : {"label", "hashtag"}
        Without `tags`: whether they are fastText's, with `label_prefix`, or hashtags.
    label_prefix : str
        Of fastText's labels.

    Returns
    -------
    texts : list of str
        Without their tags.
    tags : list of tuple of str
        The tags of each.
    """
    pairs = list(read_tagged(source, tags, tags_from=tags_from, label_prefix=label_prefix))
    return [text for text, _ in pairs], [found for _, found in pairs]


def read_tagged(
    source: Source, tags: object = None, *, tags_from: TagSource = "label", label_prefix: str = "__label__"
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give one text after another, and its tags, as `tagged_texts` lists them.

    Parameters
    ----------
    source : path, paths or iterable of str
        As in `tagged_texts`, as are the others.
    tags : sequence, optional
        For each text its tag, or a sequence of tags.
    tags_from : {"label", "hashtag"}
        Without `tags`: whose they are.
    label_prefix : str
        Of fastText's labels.

    Yields
    ------
    text : str
        Without its tags.
    tags : tuple of str
        Its tags.
    """
    check_choice("tags_from", tags_from, TAG_SOURCES)
    if tags is None and tags_from == "hashtag":
        # No token starts with a NUL: every line is all text.
        for batch in read_labelled(source, label_prefix="\0"):
            yield from map(cut_hashtags, batch.texts)
        return
    for batch in read_labelled(source, tags, label_prefix=label_prefix):
        yield from zip(batch.texts, batch.labels, strict=True)


def labelled_lines(pairs: Iterable[tuple[str, tuple[str, ...]]], folding: Folding, label_prefix: str) -> Iterator[str]:
    """Put texts into fastText's form, so that they need not be in memory together.

    Parameters
    ----------
    pairs : iterable of (str, tuple of str)
        Texts and their tags, which have no white space.
    folding : {"words", "whitespace"}
        As in `folded`.
    label_prefix : str
        Put before each tag.

    Yields
    ------
    str
        A line; tokens that folding made begin like a tag are left out, as they can be neither word nor tag.
    """
    for text, tags in pairs:
        line = _folded(one_line(text), folding)
        if label_prefix in line:
            line = split_labels(line, label_prefix)[0]
        yield " ".join([*(label_prefix + tag for tag in dict.fromkeys(tags)), line])


def texts_to_learn(
    source: Source, tags: object, *, tags_from: TagSource, label_prefix: str, folding: Folding, n_first: int
) -> tuple[list[str], Callable[[str], Source]]:
    """Open the texts of a training, of which the first are looked at before.

    They are read one after another, by the core where it can: memory does not grow with them.

    Parameters
    ----------
    source : path, paths or iterable of str
        As in `tagged_texts`, as are `tags`, `tags_from` and `label_prefix`.
    tags : sequence, optional
        For each text its tag, or a sequence of tags.
    tags_from : {"label", "hashtag"}
        Without `tags`: whose they are.
    label_prefix : str
        Of fastText's labels.
    folding : {"words", "whitespace"}
        As in `folded`.
    n_first : int
        How many texts are looked at.

    Returns
    -------
    first : list of str
        So many texts, if there are, without tags, not folded.
    all_texts : callable
        Takes the prefix that tags shall have and gives all texts, folded, without `tags` in fastText's form. To be
        called once.
    """
    if tags is not None:
        lines = text_lines(require_texts(source))
        first = list(islice(lines, n_first))
        return first, lambda _: (_folded(line, folding) for line in chain(first, lines))
    if tags_from == "label" and folding == "whitespace" and _is_file(source):
        batches = read_labelled(source, label_prefix=label_prefix)
        return list(islice((text for batch in batches for text in batch.texts), n_first)), lambda _: source
    pairs = read_tagged(source, tags_from=tags_from, label_prefix=label_prefix)
    first_pairs = list(islice(pairs, n_first))
    return [text for text, _ in first_pairs], lambda prefix: labelled_lines(chain(first_pairs, pairs), folding, prefix)


def _is_file(source: Source) -> bool:
    # One that can be read twice: standard input cannot.
    return isinstance(source, (str, os.PathLike)) and os.fspath(source) != "-"


def folded(texts: Iterable[str], folding: Folding) -> list[str]:
    """Cut texts into tokens with a space between them.

    Parameters
    ----------
    texts : iterable of str
        N texts.
    folding : {"words", "whitespace"}
        "words": words alone, lower-cased, in Unicode's normal form NFKC; "whitespace": texts stay as they are.

    Returns
    -------
    list of str
        N texts.

    Examples
    --------
    >>> folded(["Don't Panic!"], "words")
    ["don't panic"]
    """
    check_choice("folding", folding, FOLDINGS)
    return [_folded(text, folding) for text in texts]


def _folded(text: str, folding: Folding) -> str:
    return text if folding == "whitespace" else fold_words(text.replace("\n", " "))
