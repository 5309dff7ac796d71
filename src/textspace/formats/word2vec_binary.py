"""Binary files of word2vec: a first line with the number of words and `dim`, then each word and its floats."""

import os

from textspace import _core
from textspace.formats.atomic import atomic_file
from textspace.formats.file_bytes import Fields, map_bytes
from textspace.formats.stored import StoredVectors, word_vector_blocks
from textspace.formats.word_list import WHITE_SPACE, WordRows, parse_counts, require_words

MAX_FIRST_LINE = 64


def read_word2vec_binary(path: str | os.PathLike[str]) -> StoredVectors:
    """Read a word2vec binary file.

    Parameters
    ----------
    path : str or os.PathLike
        The file, with or without a newline after each vector.

    Returns
    -------
    StoredVectors
        The words in the order of the file, each with count 1, as the file keeps no counts. Of a word that occurs twice
        the first row is kept.

    Raises
    ------
    FormatError
        The file is truncated or corrupt, or a vector is not finite.
    OSError
        The file cannot be opened.

    Notes
    -----
    The vectors are copied into memory: between words of any length they lie at any address.
    """
    fields = Fields(path, map_bytes(path))
    first_line = fields.data[:MAX_FIRST_LINE].tobytes().partition(b"\n")[0]
    counts = parse_counts(first_line)
    if counts is None:
        raise fields.error(f"the first line must be the number of words and `dim`, got {first_line!r}")
    n_words, dim = counts
    begin = len(first_line) + 1
    # The shortest entry is a letter, a space and the vector.
    if n_words * (2 + 4 * dim) > fields.data.size - begin:
        raise fields.error(f"the first line promises {n_words} words of {dim} floats, more than the file can hold")
    rows = WordRows(dim, n_promised=n_words)
    try:
        blob, lengths, end = _core.read_word2vec_rows(fields.data, begin, rows.room_for(n_words))
    except _core.MalformedInput as error:
        raise fields.error(str(error)) from None
    if end < fields.data.size:
        raise fields.error(f"{fields.data.size - end} bytes follow the {n_words} words that the first line promises")
    rows.add(blob, lengths)
    return rows.stored()


def write_word2vec_binary(path: str | os.PathLike[str], stored: StoredVectors) -> None:
    """Write the vectors of all words as a word2vec binary file, with a newline after each as word2vec itself does.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists.
    stored : StoredVectors
        The model. N-grams are not written: a word's vector is the mean over its own row and theirs.

    Raises
    ------
    ValueError
        A word is empty or contains white space.
    OSError
        The file cannot be written.
    """
    vocabulary = stored.vocabulary
    require_words(vocabulary, without=WHITE_SPACE, format_name="word2vec's")
    with atomic_file(path) as file:
        file.write(b"%d %d\n" % (len(vocabulary), stored.dim))
        word_id = 0
        for block in word_vector_blocks(stored):
            entries: list[bytes] = []
            for row in block.astype("<f4", copy=False):
                entries += (vocabulary.word_bytes(word_id), b" ", row.tobytes(), b"\n")
                word_id += 1
            file.write(b"".join(entries))
