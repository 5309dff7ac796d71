"""Model files of fastText (`.bin`) that hold word vectors: opened by memory map, and written."""

import os
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from textspace.formats.atomic import atomic_file
from textspace.formats.fasttext_layout import (
    LOSSES,
    OBJECTIVES,
    FastTextArguments,
    FastTextDictionary,
    read_arguments,
    read_dictionary,
    read_matrix,
    read_version,
    write_dictionary,
    write_flag,
    write_header,
    write_matrix,
)
from textspace.formats.file_bytes import Fields, map_bytes, row_blocks
from textspace.formats.stored import StoredVectors
from textspace.formats.word_list import require_words
from textspace.text.subwords import Subwords
from textspace.text.vocabulary import Vocabulary

_BUCKETS_PER_BLOCK = 1 << 14
_INT32_MAX = (1 << 31) - 1


def read_fasttext_bin(path: str | os.PathLike[str], *, mmap: bool = True) -> StoredVectors:
    """Open a fastText model of word vectors (skip-gram or CBOW).

    Parameters
    ----------
    path : str or os.PathLike
        A `.bin` file of version 11 or 12.
    mmap : bool
        True: the matrices are read-only views of the file. False: copies in memory.

    Returns
    -------
    StoredVectors
        The model, with a row for every bucket. Labels, which a text with `__label__` words leaves in the dictionary and
        which have no vectors, are left out.

    Raises
    ------
    FormatError
        The file is corrupt, is a classifier (supervised or quantized), or is older than the magic number.
    OSError
        The file cannot be opened.

    Notes
    -----
    Costs one pass over the dictionary. The matrices start where the dictionary ends, so they are seldom aligned.

    References
    ----------
    https://github.com/facebookresearch/fastText, versions 0.1.0 to 0.9.3.
    """
    fields = Fields(path, map_bytes(path))
    read_version(fields)
    arguments = read_arguments(fields)
    dictionary = read_dictionary(fields)
    _require_word_vectors(fields, arguments, dictionary)
    n_rows = dictionary.n_words + arguments.n_buckets
    if n_rows > _INT32_MAX:
        raise fields.error(f"nwords + bucket must be <= {_INT32_MAX}, got {n_rows}")
    input_vectors = read_matrix(fields, "input", n_rows=n_rows, dim=arguments.dim)
    fields.flag("qout")
    output_vectors = read_matrix(fields, "output", n_rows=dictionary.n_words, dim=arguments.dim)
    if fields.n_left:
        raise fields.error(f"{fields.n_left} bytes follow the output matrix: the file is corrupt")
    has_subwords = arguments.max_n > 0 and arguments.min_n <= arguments.max_n
    if not has_subwords:
        input_vectors = input_vectors[: dictionary.n_words]
    return StoredVectors(
        _vocabulary(dictionary),
        input_vectors if mmap else np.array(input_vectors),
        output_vectors if mmap else np.array(output_vectors),
        _subwords(arguments, dictionary.n_words) if has_subwords else None,
        _parameters_from(arguments),
    )


def write_fasttext_bin(path: str | os.PathLike[str], stored: StoredVectors) -> None:
    """Write a model as fastText's `.bin`, version 12.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists.
    stored : StoredVectors
        The model. Where it has no output vectors, zeros are written: the vectors are right, but training cannot be
        continued from the file. A bucket that has no row here gets a row of zeros.

    Raises
    ------
    ValueError
        A word has a zero byte or is empty, or a parameter is not one that fastText knows, or the model is damaged.
    OSError
        The file cannot be written.

    Notes
    -----
    Takes 4 * dim * (words + buckets) bytes on the disk and some tens of MB of memory.
    """
    vocabulary = stored.vocabulary
    n_words = len(vocabulary)
    require_words(vocabulary, without=b"\0", format_name="fastText's")
    _require_sound(stored)
    arguments = _arguments_from(stored)
    dictionary = FastTextDictionary(
        n_words, 0, vocabulary.n_tokens, -1, vocabulary.blob, vocabulary.offsets, vocabulary.counts
    )
    output_vectors = stored.output_vectors
    if output_vectors is None:
        output_vectors = np.broadcast_to(np.float32(0), (n_words, stored.dim))
    with atomic_file(path) as file:
        write_header(file, arguments)
        write_dictionary(file, dictionary)
        write_flag(file, quantized=False)
        n_rows = n_words + arguments.n_buckets
        write_matrix(file, _dense_input_blocks(stored), n_rows=n_rows, dim=stored.dim)
        write_flag(file, quantized=False)
        write_matrix(file, row_blocks(output_vectors), n_rows=n_words, dim=stored.dim)


def _require_word_vectors(fields: Fields, arguments: FastTextArguments, dictionary: FastTextDictionary) -> None:
    if dictionary.n_pruned > 0:
        fields.skip(8 * dictionary.n_pruned, "the table of pruned buckets")
    quantized = fields.flag("quant")
    if OBJECTIVES[arguments.objective] == "supervised" or quantized:
        raise fields.error(
            f"a {'quantized ' if quantized else ''}{OBJECTIVES[arguments.objective]} model with "
            f"{dictionary.n_labels} labels and loss {LOSSES[arguments.loss]}: this reader handles models of word "
            "vectors (skipgram and cbow, not quantized)"
        )
    if dictionary.n_pruned >= 0:
        raise fields.error("the dictionary is pruned but the matrix is not quantized: no valid model is like that")
    if dictionary.n_words == 0:
        raise fields.error("nwords must be >= 1, got 0: the model has no words")


def _vocabulary(dictionary: FastTextDictionary) -> Vocabulary:
    n_words = dictionary.n_words
    offsets = dictionary.offsets[: n_words + 1]
    blob, counts = dictionary.blob[: offsets[-1]], dictionary.counts[:n_words]
    return Vocabulary.from_arrays(blob, offsets, counts, n_tokens=dictionary.n_tokens, check_offsets=False)


def _subwords(arguments: FastTextArguments, n_words: int) -> Subwords:
    return Subwords(min_n=arguments.min_n, max_n=arguments.max_n, n_buckets=arguments.n_buckets, first_row=n_words)


def _parameters_from(arguments: FastTextArguments) -> dict[str, object]:
    names = ("dim", "window", "epochs", "min_count", "n_negatives", "n_buckets", "min_n", "max_n", "subsample")
    parameters: dict[str, object] = {name: getattr(arguments, name) for name in names}
    return parameters | {"loss": LOSSES[arguments.loss], "objective": OBJECTIVES[arguments.objective]}


def _arguments_from(stored: StoredVectors) -> FastTextArguments:
    """Take what the model itself says from the model, and the rest from its parameters or fastText's defaults."""
    subwords, given = stored.subwords, stored.parameters
    names = ("window", "epochs", "min_count", "n_negatives")
    return FastTextArguments(
        dim=stored.dim,
        min_n=subwords.min_n if subwords else 0,
        max_n=subwords.max_n if subwords else 0,
        n_buckets=subwords.n_buckets if subwords else 0,
        loss=_code(LOSSES, given, "loss", "ns"),
        objective=_code(OBJECTIVES, given, "objective", "skipgram"),
        subsample=_number(given, "subsample", 1e-4),
        **{name: int(_number(given, name, getattr(FastTextArguments, name))) for name in names},
    )


def _code(codes: Mapping[int, str], parameters: Mapping[str, object], name: str, default: str) -> int:
    value = parameters.get(name, default)
    for code, meaning in codes.items():
        if meaning == value:
            return code
    raise ValueError(f"`{name}` must be one of {', '.join(codes.values())} in a fastText file, got {value!r}")


def _number(parameters: Mapping[str, object], name: str, default: float) -> float:
    value = parameters.get(name, default)
    if not isinstance(value, int | float | np.number) or not 0 <= value <= _INT32_MAX:
        raise ValueError(f"`{name}` must be a number from 0 to {_INT32_MAX} in a fastText file, got {value!r}")
    return float(value)


def _dense_input_blocks(stored: StoredVectors) -> Iterator[NDArray[np.float32]]:
    """Rows of the words, then a row for every bucket: zeros where the model has none."""
    subwords = stored.subwords
    if subwords is None or subwords.buckets is None or subwords.ngram_rows is None:
        yield from row_blocks(stored.input_vectors)
        return
    yield from row_blocks(stored.input_vectors[: len(stored.vocabulary)])
    buckets, rows = subwords.buckets, subwords.ngram_rows
    for start in range(0, subwords.n_buckets, _BUCKETS_PER_BLOCK):
        stop = min(start + _BUCKETS_PER_BLOCK, subwords.n_buckets)
        low, high = np.searchsorted(buckets, (start, stop))
        block = np.zeros((stop - start, stored.dim), np.float32)
        block[buckets[low:high] - start] = stored.input_vectors[rows[low:high]]
        yield block


def _require_sound(stored: StoredVectors) -> None:
    """Check the buckets and rows of a model whose file was opened without reading them."""
    subwords = stored.subwords
    if subwords is None or subwords.buckets is None or subwords.ngram_rows is None or subwords.n_rows == 0:
        return
    buckets, rows = subwords.buckets, subwords.ngram_rows
    if buckets[0] < 0 or buckets[-1] >= subwords.n_buckets or (buckets[1:] <= buckets[:-1]).any():
        raise ValueError(f"the model is damaged: its buckets do not ascend from 0 to {subwords.n_buckets - 1}")
    if rows.min() < 0 or rows.max() >= len(stored.input_vectors):
        raise ValueError("the model is damaged: an n-gram has a row that is not there")
