"""From a text to its tokens: fastText's whitespace rule, Unicode words, or any function."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from textspace import _core
from textspace._validation import check_choice
from textspace.text.utf8 import to_bytes, to_text
from textspace.text.vocabulary import END_OF_LINE
from textspace.text.word_boundaries import unicode_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textspace._typing import Tokenizer

TOKENIZERS = ("whitespace", "unicode")
_SEPARATORS = b" \n\r\t\v\f\0"
_WHITESPACE_TOKEN = re.compile("[^ \n\r\t\v\f\0]+|\n")


def tokenize(text: str, *, tokenizer: Tokenizer = "whitespace") -> list[str]:
    r"""Cut a text into tokens, as the text of a corpus is cut.

    Parameters
    ----------
    text : str
        A text of any number of lines.
    tokenizer : {"whitespace", "unicode"} or callable
        ``"whitespace"`` is fastText's: tokens are separated by space, tab, line end, vertical tab, form feed, carriage
        return and NUL, and stay as they are. ``"unicode"`` gives the words of the lower-cased text in Unicode's normal
        form NFKC, by the word boundaries of UAX #29; punctuation is dropped. A function of a line (str) returns its
        tokens, which must not hold any of the separators.

    Returns
    -------
    list of str
        The tokens; each line end is a token ``</s>``.

    Raises
    ------
    ValueError
        If there is no such tokenizer, or a function's token holds a separator.
    TypeError
        If a function returns something else than a list of str.

    References
    ----------
    Unicode Standard Annex #29, Unicode Text Segmentation, section 4.

    Examples
    --------
    >>> tokenize("Don't panic.\n")
    ["Don't", 'panic.', '</s>']
    >>> tokenize("Don't panic: 3.5 東京タワー", tokenizer="unicode")
    ["don't", 'panic', '3.5', '東', '京', 'タワー']
    """
    if callable(tokenizer):
        split = _checked(tokenizer)
        text = "\n".join(" ".join(split(line)) for line in text.split("\n"))
    elif check_choice("tokenizer", tokenizer, TOKENIZERS) == "unicode":
        return fold_words(text).replace("\n", f" {END_OF_LINE} ").split()
    return [END_OF_LINE if found == "\n" else found for found in _WHITESPACE_TOKEN.findall(text)]


def fold_words(text: str) -> str:
    r"""Cut a text into lower-case words, as the tokenizer "unicode" does.

    Parameters
    ----------
    text : str
        A text of any number of lines.

    Returns
    -------
    str
        The words of each line, separated by single spaces.

    Examples
    --------
    >>> fold_words("Don't panic!\n(Élan)")
    "don't panic\nélan"
    """
    # Lone surrogates are in no word, as the question marks that stand for them: no byte of theirs becomes a character.
    return _fold_bytes(text.encode("utf-8", "replace")).decode()


def tokenized_blocks(blocks: Iterator[bytes], *, tokenizer: Tokenizer, block_size: int) -> Iterator[bytes]:
    """Turn a text into one whose tokens are separated by whitespace.

    Parameters
    ----------
    blocks : iterator of bytes
        The text, cut anywhere, ending in a newline.
    tokenizer : {"whitespace", "unicode"} or callable
        As in `tokenize`.
    block_size : int
        Lines longer than this many bytes are cut, at a whitespace where there is one in so many bytes.

    Returns
    -------
    iterator of bytes
        The tokens of a line, separated by spaces, then a newline.

    Raises
    ------
    ValueError
        If there is no such tokenizer, or a function's token holds a separator.
    TypeError
        If a function returns something else than a list of str.
    """
    if callable(tokenizer):
        cut = _line_cutter(_checked(tokenizer))
    elif check_choice("tokenizer", tokenizer, TOKENIZERS) == "whitespace":
        return blocks
    else:
        cut = _fold_bytes
    # What does not end in a newline is the first part of a line that was cut.
    return (cut(text) + (b"" if text.endswith(b"\n") else b" ") for text in _whole_lines(blocks, block_size))


def _line_cutter(split: Callable[[str], list[str]]) -> Callable[[bytes], bytes]:
    return lambda text: to_bytes("\n".join(" ".join(split(line)) for line in to_text(text).split("\n")))


def _whole_lines(blocks: Iterator[bytes], block_size: int) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        text = rest + block
        end = text.rfind(b"\n") + 1
        if end:
            yield text[:end]
        elif len(text) >= block_size:
            end = text.rfind(b" ") + 1 or len(text) - _n_bytes_of_last_character(text)
            yield text[:end]
        rest = text[end:]
    if rest:
        yield rest


def _n_bytes_of_last_character(text: bytes) -> int:
    n_bytes = 1
    while n_bytes < min(4, len(text) - 1) and text[-n_bytes] & 0xC0 == 0x80:
        n_bytes += 1
    return n_bytes


def _checked(tokenizer: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    def split(line: str) -> list[str]:
        tokens = tokenizer(line)
        try:
            joined = to_bytes(" ".join(tokens))
        except TypeError as error:
            raise TypeError(f"`tokenizer` must return a list of str: {error}") from error
        if len(joined) - len(joined.translate(None, _SEPARATORS)) != max(len(tokens) - 1, 0):
            _reject_separator(tokens)
        return tokens

    return split


def _reject_separator(tokens: list[str]) -> None:
    token = next(token for token in tokens if set(to_bytes(token)) & set(_SEPARATORS))
    raise ValueError(
        f"`tokenizer` must return tokens without whitespace, got {token!r}; replace it, for example by an underscore"
    )


def _fold_bytes(text: bytes) -> bytes:
    # The core cuts ASCII twenty times faster than the pattern, which takes 0.1 s to compile besides. No rule looks
    # across a space: what is not ASCII can be cut alone.
    return _core.cut_words(text, _fold_part)


def _fold_part(part: bytes) -> bytes:
    return to_bytes(" ".join(unicode_words(unicodedata.normalize("NFKC", to_text(part)).lower())))
