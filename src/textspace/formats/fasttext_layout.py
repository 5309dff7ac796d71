"""The parts that every fastText model file has: arguments, dictionary, matrices."""

import dataclasses
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from textspace import _core
from textspace.formats.file_bytes import Fields, little_endian
from textspace.formats.stored import MAX_NGRAM_LENGTH

MAGIC = 793712314
VERSIONS = (11, 12)
OBJECTIVES = {1: "cbow", 2: "skipgram", 3: "supervised"}
LOSSES = {1: "hs", 2: "ns", 3: "softmax", 4: "ova"}
_ARGUMENTS = "12id"
_WORDS_PER_BLOCK = 1 << 16
_MAX_TOTAL = 1 << 62
_INT32_MAX = (1 << 31) - 1


@dataclass(frozen=True)
class FastTextArguments:
    """The arguments that a model file keeps, in fastText's order and by our names.

    Attributes
    ----------
    dim, window, epochs, min_count, n_negatives, word_ngrams : int
        As in the estimators.
    loss, objective : int
        Keys of `LOSSES` and `OBJECTIVES`.
    n_buckets, min_n, max_n, learning_rate_interval : int
        `bucket`, `minn`, `maxn` and `lrUpdateRate` there.
    subsample : float
        `t` there.
    """

    dim: int
    window: int = 5
    epochs: int = 5
    min_count: int = 5
    n_negatives: int = 5
    word_ngrams: int = 1
    loss: int = 2
    objective: int = 2
    n_buckets: int = 0
    min_n: int = 0
    max_n: int = 0
    learning_rate_interval: int = 100
    subsample: float = 1e-4


@dataclass(frozen=True, eq=False)
class FastTextDictionary:
    """The words and labels of a model file.

    Attributes
    ----------
    n_words, n_labels : int
        How many of the entries are words, which come first, and labels.
    n_tokens : int
        All tokens of the training text.
    n_pruned : int
        How many buckets a pruned dictionary kept; -1 when it was not pruned.
    blob : ndarray of uint8, shape (n_bytes,)
        The bytes of all entries, one after the other.
    offsets : ndarray of int64, shape (n_words + n_labels + 1,)
        Where each entry starts in it.
    counts : ndarray of int64, shape (n_words + n_labels,)
        How often it occurred.
    """

    n_words: int
    n_labels: int
    n_tokens: int
    n_pruned: int
    blob: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]


def read_version(fields: Fields) -> int:
    """Read the magic number and the version of the format.

    Parameters
    ----------
    fields : Fields
        A file, at its start.

    Returns
    -------
    int
        11 or 12.

    Raises
    ------
    FormatError
        Another version, the format without a magic number, or no fastText file.
    """
    (magic,) = fields.unpack("i", "the magic number")
    if magic != MAGIC:
        if looks_like_old_model(fields.data):
            raise fields.error(
                "a fastText model of 2016-17, from before the format had a magic number, which is not read: train it "
                "again, or load it with gensim's load_facebook_model and save it with save_facebook_model"
            )
        raise fields.error(f"not a fastText model: its magic number must be {MAGIC}, got {magic}")
    (version,) = fields.unpack("i", "the version")
    if version not in VERSIONS:
        raise fields.error(f"fastText format version {version} is not read: it must be 11 or 12")
    return int(version)


def looks_like_old_model(data: NDArray[np.uint8]) -> bool:
    """Tell whether a file starts with the arguments, as fastText wrote them before there was a magic number.

    Parameters
    ----------
    data : ndarray of uint8, shape (n_bytes,)
        The bytes of the file.

    Returns
    -------
    bool
        True when the first numbers are plausible arguments.
    """
    if data.size < 56:
        return False
    dim, window, epochs, _, _, word_ngrams, loss, objective, _, min_n, max_n, _ = data[:48].view("<i4").tolist()
    plausible = 1 <= dim <= 10_000 and 1 <= window <= 1000 and 1 <= epochs <= 100_000 and 1 <= word_ngrams <= 100
    return bool(plausible and 1 <= loss <= 3 and 1 <= objective <= 3 and 0 <= min_n <= 100 and 0 <= max_n <= 100)


def read_arguments(fields: Fields) -> FastTextArguments:
    """Read and check the arguments.

    Parameters
    ----------
    fields : Fields
        A file, after its version.

    Returns
    -------
    FastTextArguments
        The arguments as they are in the file.

    Raises
    ------
    FormatError
        One of them is out of its range.
    """
    arguments = FastTextArguments(*fields.unpack(_ARGUMENTS, "the arguments"))
    _require(fields, "dim", arguments.dim, 1)
    _require(fields, "bucket", arguments.n_buckets, 0)
    _require(fields, "minn", arguments.min_n, 0)
    _require(fields, "maxn", arguments.max_n, 0, MAX_NGRAM_LENGTH)
    _require(fields, "loss", arguments.loss, 1, max(LOSSES))
    _require(fields, "model", arguments.objective, 1, max(OBJECTIVES))
    if arguments.max_n > 0 and arguments.n_buckets == 0:
        raise fields.error(f"bucket must be > 0 when maxn is, got bucket=0, maxn={arguments.max_n}")
    if not (math.isfinite(arguments.subsample) and arguments.subsample >= 0):
        raise fields.error(f"t must be >= 0, got {arguments.subsample}")
    return arguments


def read_dictionary(fields: Fields) -> FastTextDictionary:
    """Read and check the dictionary, up to the table of pruned buckets.

    Parameters
    ----------
    fields : Fields
        A file, after its arguments.

    Returns
    -------
    FastTextDictionary
        Its entries, copied.

    Raises
    ------
    FormatError
        A size or an entry is wrong, or the file ends too early.
    """
    size, n_words, n_labels = fields.unpack("3i", "the sizes of the dictionary")
    n_tokens, n_pruned = fields.unpack("2q", "the counts of the dictionary")
    _require(fields, "nwords", n_words, 0)
    _require(fields, "nlabels", n_labels, 0)
    _require(fields, "ntokens", n_tokens, 0)
    _require(fields, "pruneidx_size", n_pruned, -1)
    if size != n_words + n_labels:
        raise fields.error(f"size must be nwords + nlabels, got {size} != {n_words} + {n_labels}")
    try:
        blob, lengths, counts, end = _core.read_fasttext_entries(fields.data, fields.position, n_words, n_labels)
    except _core.MalformedInput as error:
        raise fields.error(str(error)) from None
    fields.position = end
    if np.sum(counts, dtype=np.float64) > _MAX_TOTAL:
        raise fields.error(f"the counts of the dictionary must add up to at most {_MAX_TOTAL}: the file is corrupt")
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    return FastTextDictionary(n_words, n_labels, n_tokens, n_pruned, blob, offsets, counts)


def read_matrix(fields: Fields, name: str, *, n_rows: int, dim: int) -> NDArray[np.float32]:
    """Read a dense matrix.

    Parameters
    ----------
    fields : Fields
        A file, at the sizes of the matrix.
    name : str
        What to call it in messages.
    n_rows, dim : int
        The sizes that the rest of the file asks for.

    Returns
    -------
    ndarray of float32, shape (n_rows, dim)
        A view of the file, aligned only as well as the file aligns it.

    Raises
    ------
    FormatError
        It has other sizes, or the file ends too early.
    """
    shape = fields.unpack("2q", f"the sizes of the {name} matrix")
    if shape != (n_rows, dim):
        raise fields.error(f"the {name} matrix must have shape {(n_rows, dim)}, got {shape}")
    return fields.matrix(n_rows, dim, f"the {name} matrix")


def write_header(file: BinaryIO, arguments: FastTextArguments) -> None:
    """Write the magic number, version 12 and the arguments.

    Parameters
    ----------
    file : BinaryIO
        Where to.
    arguments : FastTextArguments
        The arguments.
    """
    file.write(struct.pack("<2i" + _ARGUMENTS, MAGIC, VERSIONS[-1], *dataclasses.astuple(arguments)))


def write_dictionary(file: BinaryIO, dictionary: FastTextDictionary) -> None:
    """Write a dictionary up to the table of pruned buckets, a block of entries at a time.

    Parameters
    ----------
    file : BinaryIO
        Where to.
    dictionary : FastTextDictionary
        The words and labels; none empty or with a zero byte.
    """
    n = dictionary.n_words + dictionary.n_labels
    sizes = (n, dictionary.n_words, dictionary.n_labels, dictionary.n_tokens, dictionary.n_pruned)
    file.write(struct.pack("<3i2q", *sizes))
    starts = range(0, n, _WORDS_PER_BLOCK)
    file.writelines(_entries(dictionary, start, min(start + _WORDS_PER_BLOCK, n)) for start in starts)


def _entries(dictionary: FastTextDictionary, start: int, stop: int) -> bytes:
    begin, end = dictionary.offsets[start], dictionary.offsets[stop]
    lengths = np.diff(dictionary.offsets[start : stop + 1])
    n_tail = 1 + 8 + 1  # the zero byte, the count and the type that follow each word
    entry_of_byte = np.repeat(np.arange(stop - start), lengths)
    out = np.zeros(end - begin + n_tail * (stop - start), np.uint8)
    out[np.arange(end - begin) + n_tail * entry_of_byte] = dictionary.blob[begin:end]
    tails = np.cumsum(lengths + n_tail) - n_tail
    counts = np.ascontiguousarray(dictionary.counts[start:stop], "<i8").view(np.uint8).reshape(-1, 8)
    out[tails[:, None] + np.arange(1, 9)] = counts
    out[tails + 9] = np.arange(start, stop) >= dictionary.n_words
    return out.tobytes()


def write_flag(file: BinaryIO, *, quantized: bool) -> None:
    """Write the byte that says whether the matrix after it is quantized.

    Parameters
    ----------
    file : BinaryIO
        Where to.
    quantized : bool
        Whether it is.
    """
    file.write(struct.pack("<?", quantized))


def write_matrix(file: BinaryIO, blocks: Iterable[NDArray[np.float32]], *, n_rows: int, dim: int) -> None:
    """Write a dense matrix.

    Parameters
    ----------
    file : BinaryIO
        Where to.
    blocks : iterable of ndarray of float32, shape (B, dim)
        Its rows, in blocks.
    n_rows, dim : int
        The sizes of all blocks together.
    """
    file.write(struct.pack("<2q", n_rows, dim))
    file.writelines(little_endian(block) for block in blocks)


def code_of(codes: Mapping[int, str], parameters: Mapping[str, object], name: str, *, default: str) -> int:
    """Find the number by which fastText's files call a choice.

    Parameters
    ----------
    codes : mapping of int to str
        The numbers and what they mean.
    parameters : mapping of str to object
        The parameters of a model.
    name : str
        Which of them.
    default : str
        Its value where it is not among them.

    Returns
    -------
    int
        The number.

    Raises
    ------
    ValueError
        fastText has no such choice.
    """
    value = parameters.get(name, default)
    for code, meaning in codes.items():
        if meaning == value:
            return code
    raise ValueError(f"`{name}` must be one of {', '.join(codes.values())} in a fastText file, got {value!r}")


def number_of(parameters: Mapping[str, object], name: str, *, default: float) -> float:
    """Find a number among the parameters of a model that a fastText file can hold.

    Parameters
    ----------
    parameters : mapping of str to object
        The parameters.
    name : str
        Which of them.
    default : float
        Its value where it is not among them.

    Returns
    -------
    float
        From 0 to 2**31 - 1.

    Raises
    ------
    ValueError
        It is not such a number.
    """
    value = parameters.get(name, default)
    if not isinstance(value, int | float | np.number) or not 0 <= value <= _INT32_MAX:
        raise ValueError(f"`{name}` must be a number from 0 to {_INT32_MAX} in a fastText file, got {value!r}")
    return float(value)


def _require(fields: Fields, name: str, value: int, low: int, high: int | None = None) -> None:
    if value < low or (high is not None and value > high):
        rule = f">= {low}" if high is None else f"from {low} to {high}"
        raise fields.error(f"{name} must be {rule}, got {value}: the file is corrupt")
