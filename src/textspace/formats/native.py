"""The native format `.textspace`: a safetensors file with everything of a model, opened by memory map.

Metadata, all strings: `format` is "textspace"; `format_version`; `kind` is "word_vectors", "text_classifier" or
"tag_space"; `parameters`, a JSON object; `n_tokens`. Word vectors with n-grams have `subwords`, a JSON object of min_n,
max_n and n_buckets. Classifiers have `loss`, and `features`, a JSON object of min_n, max_n, word_ngrams, n_buckets,
label_prefix and skip_missing.

Arrays, with V words, D components, L labels and G buckets that have rows (all where the n-gram arrays are absent):

- input_vectors (V + G, D): a row a word, then a row a bucket. output_vectors (V, D), or (L, D) in classifiers: may be
  absent. They are float32; or float16; or int8 with input_scales (V + G,), float32, one a row. Product-quantized, there
  are input_codes (V + G, S), uint8, and input_centroids (256 D,), float32, with metadata `input_sub_dim`; and perhaps
  input_norm_codes (V + G,) and input_norm_centroids (256,); the same for output. Output of word vectors is float32.
- ngram_buckets (G,), int32, ascending; ngram_rows (G,), int32: the row of each.
- word_bytes, uint8: all words, one after the other. word_offsets (V + 1,), int64: where each starts, then the end.
- word_counts (V,), int64. word_index (2**k,), uint32: open addressing by `hash_word` of core/hashing.h, with linear
  probing; an entry is the number of a word plus 1, or 0.
- label_bytes, label_offsets (L + 1,), label_counts (L,): the same for the labels of a classifier.
- calibration_scale, calibration_offset: float32, one or L; calibration_thresholds (L,), float32. May be absent.
- tag models: formats/native_tagspace.py.
- _padding0, ...: nothing but what brings the array after it to a multiple of 64 bytes.
"""

import os
from collections.abc import Mapping

from textspace.errors import FormatError
from textspace.formats import native_classifier, native_tagspace, native_vectors
from textspace.formats.native_parts import integer_of
from textspace.formats.stored import StoredVectors
from textspace.formats.stored_classifier import StoredClassifier
from textspace.formats.stored_tagspace import StoredTagSpace
from textspace.formats.tensor_file import read_tensor_file, write_tensor_file

FORMAT_VERSION = 1


def write_native(path: str | os.PathLike[str], stored: StoredVectors | StoredClassifier | StoredTagSpace) -> None:
    """Write a model as `.textspace`.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists.
    stored : StoredVectors, StoredClassifier or StoredTagSpace
        The model. Everything in it is kept, quantized matrices as they are.

    Raises
    ------
    ValueError
        A parameter cannot be written as JSON.
    OSError
        The file cannot be written.

    Notes
    -----
    Any safetensors library can read the arrays. The matrices are written a block of rows at a time.
    """
    if isinstance(stored, StoredClassifier):
        arrays, metadata = native_classifier.classifier_parts(stored)
    elif isinstance(stored, StoredTagSpace):
        arrays, metadata = native_tagspace.tagspace_parts(stored)
    else:
        arrays, metadata = native_vectors.vectors_parts(stored)
    head = {"format": "textspace", "format_version": str(FORMAT_VERSION)}
    write_tensor_file(path, arrays, metadata=head | metadata)


def read_native(
    path: str | os.PathLike[str], *, mmap: bool = True
) -> StoredVectors | StoredClassifier | StoredTagSpace:
    """Open a `.textspace` file.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    mmap : bool
        True: arrays are read-only views of the file. False: copies in memory.

    Returns
    -------
    StoredVectors, StoredClassifier or StoredTagSpace
        The model.

    Raises
    ------
    FormatError
        The file is not valid, or of a newer version of the format.
    OSError
        The file cannot be opened.

    Notes
    -----
    Opening takes a millisecond whatever the size of the file: nothing proportional to it is read, but the names of the
    labels. Word offsets, index entries and rows are therefore checked where they are used.
    """
    file = read_tensor_file(path, mmap=mmap)
    try:
        _check_metadata(file.metadata)
        if file.metadata["kind"] == native_classifier.KIND:
            return native_classifier.read_stored_classifier(file)
        if file.metadata["kind"] == native_tagspace.KIND:
            return native_tagspace.read_stored_tagspace(file)
        return native_vectors.read_stored_vectors(file)
    except (ValueError, TypeError) as error:
        raise FormatError(f"{path}: {error}") from error


def _check_metadata(metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != "textspace":
        raise FormatError("a safetensors file, but not one that textspace wrote: it has no metadata `format`")
    version = integer_of(metadata, "format_version")
    if not 1 <= version <= FORMAT_VERSION:
        raise FormatError(f"the version of the format must be 1 to {FORMAT_VERSION}, got {version}: upgrade textspace")
    kinds = (native_vectors.KIND, native_classifier.KIND, native_tagspace.KIND)
    if metadata.get("kind") not in kinds:
        raise FormatError(f"`kind` must be one of {', '.join(kinds)}, got {metadata.get('kind')!r:.80}")
