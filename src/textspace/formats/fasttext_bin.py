"""Model files of fastText (`.bin`) that hold word vectors: opened by memory map, and written."""

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from textspace.formats.atomic import atomic_file
from textspace.formats.fasttext_buckets import BucketRows, every_bucket, require_sound
from textspace.formats.fasttext_layout import (
    LOSSES,
    OBJECTIVES,
    FastTextArguments,
    FastTextDictionary,
    code_of,
    number_of,
    read_arguments,
    read_dictionary,
    read_matrix,
    read_version,
    write_dictionary,
    write_flag,
    write_header,
    write_matrix,
)
from textspace.formats.file_bytes import Fields, map_bytes
from textspace.formats.quantized import dense_blocks, rows_of
from textspace.formats.stored import StoredVectors
from textspace.formats.word_list import require_words
from textspace.text.subwords import Subwords
from textspace.text.vocabulary import Vocabulary

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
    if stored.subwords is not None and stored.subwords.buckets is not None:
        require_sound(_bucket_rows(stored))
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
        write_matrix(file, _input_blocks(stored), n_rows=n_rows, dim=stored.dim)
        write_flag(file, quantized=False)
        write_matrix(file, dense_blocks(output_vectors), n_rows=n_words, dim=stored.dim)


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
        loss=code_of(LOSSES, given, "loss", default="ns"),
        objective=code_of(OBJECTIVES, given, "objective", default="skipgram"),
        subsample=number_of(given, "subsample", default=1e-4),
        **{name: int(number_of(given, name, default=getattr(FastTextArguments, name))) for name in names},
    )


def _input_blocks(stored: StoredVectors) -> Iterator[NDArray[np.float32]]:
    """Rows of the words, then a row for every bucket: zeros where the model has none."""
    if stored.subwords is None or stored.subwords.buckets is None:
        return dense_blocks(stored.input_vectors)
    missing = np.zeros(stored.dim, np.float32)
    return every_bucket(_bucket_rows(stored), lambda rows: rows_of(stored.input_vectors, rows), missing=missing)


def _bucket_rows(stored: StoredVectors) -> BucketRows:
    subwords = stored.subwords
    assert subwords is not None
    assert subwords.buckets is not None
    assert subwords.ngram_rows is not None
    return BucketRows(len(stored.vocabulary), subwords.n_buckets, subwords.buckets, subwords.ngram_rows)
