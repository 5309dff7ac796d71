"""Words are bytes; as `str` they are UTF-8, and bytes that are not valid UTF-8 survive as lone surrogates."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SURROGATES_OF_NO_BYTE = re.compile("([\ud800-\udc7f\udd00-\udfff]+)")


def to_bytes(text: str | bytes) -> bytes:
    r"""The UTF-8 bytes of a text.

    Parameters
    ----------
    text : str or bytes
        Bytes are returned as they are.

    Returns
    -------
    bytes
        Surrogates U+DC80 to U+DCFF give the byte that `to_text` made them of (``surrogateescape``); any other lone
        surrogate gives its three bytes (``surrogatepass``), so that every `str` has bytes.

    Examples
    --------
    >>> to_bytes("né"), to_bytes("a\udcff"), to_bytes("\ud800")
    (b'n\xc3\xa9', b'a\xff', b'\xed\xa0\x80')
    """
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        parts = _SURROGATES_OF_NO_BYTE.split(text)
        handlers = ("surrogateescape", "surrogatepass")  # the split's odd parts are what it matched
        return b"".join(part.encode("utf-8", handlers[i % 2]) for i, part in enumerate(parts))


def to_text(word: bytes) -> str:
    r"""The text of UTF-8 bytes; a byte that is not valid UTF-8 becomes a lone surrogate.

    Parameters
    ----------
    word : bytes
        Any bytes.

    Returns
    -------
    str
        ``to_bytes(to_text(word)) == word`` for all bytes.

    Examples
    --------
    >>> to_text(b"n\xc3\xa9"), to_text(b"a\xff")
    ('né', 'a\udcff')
    """
    return word.decode("utf-8", "surrogateescape")


def pack_words(words: Sequence[str | bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    r"""The bytes of words, one after another, and where each begins.

    Parameters
    ----------
    words : sequence of str or bytes
        N words.

    Returns
    -------
    blob : ndarray of uint8, shape (n_bytes,)
        The bytes of all words.
    offsets : ndarray of int64, shape (N + 1,)
        Word i is ``blob[offsets[i]:offsets[i + 1]]``.

    Raises
    ------
    TypeError
        If a word is neither str nor bytes.

    Examples
    --------
    >>> blob, offsets = pack_words(["a", "né"])
    >>> blob.tobytes(), offsets
    (b'an\xc3\xa9', array([0, 1, 4]))
    """
    for i, word in enumerate(words):
        if not isinstance(word, (str, bytes)):
            raise TypeError(f"`words` must be str or bytes, got {type(word).__name__} at position {i}")
    encoded = [to_bytes(word) for word in words]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
    return np.frombuffer(b"".join(encoded), np.uint8), offsets
