"""What the fuzzers of the file formats do with a file, and the files they start from."""

import gzip
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from reference_formats import binary_bytes, text_bytes
from sample_classifiers import CLASSIFIERS
from sample_models import compact_model, dense_model, plain_model, random_rows
from textspace.errors import FormatError
from textspace.formats import StoredClassifier, StoredVectors, read_model, write_classifier, write_vectors
from textspace.formats.quantized import dense_blocks, mean_rows
from textspace.formats.stored import word_vector_blocks
from textspace.prediction.predictor import Predictor
from textspace.quantization import prune_classifier, quantize_vectors

# Writing fastText's file takes a row for every bucket, whatever the size of the model.
_MAX_BUCKETS = 10_000


def seed_files() -> dict[str, bytes]:
    """Small valid files of every format, by their names."""
    words, rows = [b"the", b"\xffb", b". .", "寿司".encode()], random_rows(4, 3)
    files = {
        "glove.txt": text_bytes(words, rows).partition(b"\n")[2],
        "packed.vec": gzip.compress(text_bytes(words, rows), mtime=0),
        "word2vec.w2v": binary_bytes(words[:2], rows[:2], newline=b""),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, model in {
            "compact": compact_model(n_buckets=20, dim=3),
            "dense": dense_model(),
            "plain": plain_model(),
        }.items():
            for suffix in (".textspace", ".bin", ".vec", ".w2v"):
                path = Path(folder) / f"{name}{suffix}"
                write_vectors(path, model)
                files[path.name] = path.read_bytes()
        for method in ("product", "int8", "float16"):
            path = Path(folder) / f"{method}.textspace"
            write_vectors(path, quantize_vectors(plain_model(), method=method))
            files[path.name] = path.read_bytes()
        for name, make in CLASSIFIERS.items():
            model = make()
            for suffix in (".textspace", ".bin", ".ftz"):
                path = Path(folder) / f"{name.replace(' ', '-')}-classifier{suffix}"
                with suppress(ValueError):  # not every format holds every model
                    write_classifier(path, model)
                    files[path.name] = path.read_bytes()
    return files


def use_file(path: Path) -> bool:
    """Read a file and, if it is read, use all of the model; True when both went well.

    Nothing but FormatError may come out of reading, and nothing but ValueError of using what has damage that is only
    found where it is used.
    """
    try:
        model = read_model(path)
    except FormatError:
        return False
    try:
        if isinstance(model, StoredClassifier):
            use_classifier(model, path.parent)
        else:
            use_model(model, path.parent)
    except ValueError:
        return False
    return True


def use_model(model: StoredVectors, folder: Path) -> None:
    """Look words up, compute all vectors, and write the model in every format."""
    vocabulary = model.vocabulary
    found = [vocabulary.id_of(word) for word in ("the", b"\xff\xfe", "none", "")]
    if not all(-1 <= word_id < len(vocabulary) for word_id in found):
        raise AssertionError(f"ids out of range: {found}")
    if model.subwords is not None:
        indptr, rows = model.subwords.rows_of(["the", "unseen", "né"], vocabulary)
        mean_rows(model.input_vectors, indptr, rows, np.empty((3, model.dim), np.float32))
    for _ in word_vector_blocks(model):
        pass
    many_buckets = model.subwords is not None and model.subwords.n_buckets > _MAX_BUCKETS
    suffixes = [".textspace", ".vec", ".w2v"] if many_buckets else [".textspace", ".vec", ".w2v", ".bin"]
    for suffix in suffixes:
        write_or_refuse(lambda path: write_vectors(path, model), folder / f"written{suffix}")


def use_classifier(model: StoredClassifier, folder: Path) -> None:
    """Compute all rows, predict, prune, and write the model in every format."""
    features = model.features
    for matrix in (model.input_vectors, model.output_vectors):
        if matrix is not None:
            for _ in dense_blocks(matrix):
                pass
    if not all(-1 <= features.vocabulary.id_of(word) < len(features.vocabulary) for word in ("the", "none", "")):
        raise AssertionError("ids out of range")
    Predictor(model, n_threads=1).top(["the cheese where", "né\xa0 x", ""], k=3, threshold=0.0)
    suffixes = [".textspace"] if features.n_buckets > _MAX_BUCKETS else [".textspace", ".bin", ".ftz"]
    for suffix in suffixes:
        write_or_refuse(lambda path: write_classifier(path, model), folder / f"written{suffix}")
    if not model.is_quantized and features.n_rows > 2:
        prune_classifier(model, cutoff=2)


def write_or_refuse(write: Callable[[Path], None], path: Path) -> None:
    """Write a file, which may be refused for what the format cannot hold."""
    try:
        write(path)
    except ValueError:
        return
    finally:
        path.unlink(missing_ok=True)
