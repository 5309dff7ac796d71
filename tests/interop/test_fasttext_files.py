"""Files that fastText wrote, read by us, and the other way round."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from interop.peer import fasttext_program, run_with
from sample_models import random_rows
from textspace import _core
from textspace.formats import StoredVectors, read_vectors, write_vectors
from textspace.formats.stored import word_vector_blocks
from textspace.formats.word2vec_text import write_word2vec_text
from textspace.text.subwords import Subwords
from textspace.text.vocabulary import Vocabulary

TRAIN = """
import sys, fasttext
corpus, model, objective, loss, minn, maxn = sys.argv[1:]
fasttext.train_unsupervised(corpus, model=objective, loss=loss, dim=33, epoch=1, minCount=1, thread=10, bucket=5000,
                            minn=int(minn), maxn=int(maxn), verbose=0).save_model(model)
"""
VECTORS = """
import sys, fasttext, numpy
fasttext.FastText.eprint = lambda message: None
model = fasttext.load_model(sys.argv[1])
words = open(sys.argv[2], encoding="utf-8").read().split("\\n")
numpy.save(sys.argv[3], [model.get_word_vector(word) for word in words])
"""
CONTENTS = """
import sys, fasttext, numpy
fasttext.FastText.eprint = lambda message: None
model = fasttext.load_model(sys.argv[1])
words, counts = model.get_words(include_freq=True)
numpy.savez(sys.argv[2], counts=counts, input=model.get_input_matrix(), output=model.get_output_matrix())
args = model.f.getArgs()
print(args.dim, args.ws, args.epoch, args.minCount, args.neg, args.wordNgrams, args.loss.name, args.model.name,
      args.bucket, args.minn, args.maxn, args.lrUpdateRate, args.t)
print(words)
"""
LETTERS = list("abcdefghijklmnopqrstuvwxyzäßéñøжλ寿司🙂")


def random_words(n: int, *, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(LETTERS, size)) for size in rng.integers(1, 12, n)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lines of random words, the frequent ones often."""
    rng = np.random.default_rng(0)
    words = random_words(800, seed=1)
    chosen = np.minimum(rng.zipf(1.3, 20_000), 800) - 1
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    lines = [" ".join(words[word_id] for word_id in line) for line in chosen.reshape(-1, 20)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def our_vectors(model: StoredVectors, words: list[str]) -> NDArray[np.float32]:
    vectors = np.empty((len(words), model.dim), np.float32)
    if model.subwords is None:
        ids = model.vocabulary.ids_of(words)
        indptr, rows = np.concatenate([[0], np.cumsum(ids >= 0)]), ids[ids >= 0]
    else:
        indptr, rows = model.subwords.rows_of(words, model.vocabulary)
    _core.mean_rows(model.input_vectors, indptr, rows, vectors)
    return vectors


def their_vectors(model: Path, words: list[str]) -> NDArray[np.float32]:
    asked, answer = model.with_suffix(".words"), model.with_suffix(".npy")
    asked.write_text("\n".join(words), encoding="utf-8")
    run_with("fasttext", VECTORS, model, asked, answer)
    return np.asarray(np.load(answer), np.float32)


@pytest.mark.parametrize("objective", ["skipgram", "cbow"])
@pytest.mark.parametrize(("loss", "min_n", "max_n"), [("ns", 3, 6), ("hs", 0, 3), ("softmax", 0, 0)])
def test_we_read_what_fasttext_wrote(
    objective: str, loss: str, min_n: int, max_n: int, corpus: Path, tmp_path: Path
) -> None:
    path = tmp_path / "theirs.bin"
    run_with("fasttext", TRAIN, corpus, path, objective, loss, min_n, max_n)
    model = read_vectors(path)
    assert model.parameters["objective"] == objective
    assert model.parameters["loss"] == loss
    words = [*model.vocabulary.words, *random_words(1000, seed=2)]
    np.testing.assert_allclose(our_vectors(model, words), their_vectors(path, words), rtol=0, atol=1e-6)
    write_vectors(tmp_path / "ours.bin", model)
    assert (tmp_path / "ours.bin").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("dim", [100, 7])
def test_fasttext_reads_what_we_wrote(dense: bool, dim: int, tmp_path: Path) -> None:
    words = ["</s>", *dict.fromkeys(random_words(2000, seed=3))]
    vocabulary = Vocabulary.from_words(words, counts=range(len(words), 0, -1), n_tokens=10**7)
    if dense:
        subwords = Subwords(min_n=3, max_n=6, n_buckets=20_000, first_row=len(words))
    else:
        subwords = Subwords.from_vocabulary(vocabulary, min_n=3, max_n=6, n_buckets=20_000)
    model = StoredVectors(
        vocabulary,
        random_rows(len(words) + subwords.n_rows, dim),
        random_rows(len(words), dim, seed=1),
        subwords,
        {
            "objective": "cbow",
            "loss": "hs",
            "window": 4,
            "epochs": 3,
            "min_count": 2,
            "n_negatives": 6,
            "subsample": 0.5,
        },
    )
    path = tmp_path / "ours.bin"
    write_vectors(path, model)
    asked = [*words, *random_words(1000, seed=4)]
    np.testing.assert_allclose(our_vectors(model, asked), their_vectors(path, asked), rtol=0, atol=1e-6)
    printed = run_with("fasttext", CONTENTS, path, tmp_path / "contents.npz")
    assert printed.splitlines() == [f"{dim} 4 3 2 6 1 hs cbow 20000 3 6 100 0.5", repr(words)]
    contents = np.load(tmp_path / "contents.npz")
    np.testing.assert_array_equal(contents["counts"], vocabulary.counts)
    np.testing.assert_array_equal(contents["input"], read_vectors(path).input_vectors)
    np.testing.assert_array_equal(contents["output"], model.output_vectors)


def test_fasttext_reads_words_without_ngrams(tmp_path: Path) -> None:
    words = random_words(300, seed=5)
    vocabulary = Vocabulary.from_words(dict.fromkeys(words))
    model = StoredVectors(vocabulary, random_rows(len(vocabulary), 10))
    write_vectors(tmp_path / "ours.bin", model)
    asked = [*vocabulary.words, *random_words(100, seed=6)]
    np.testing.assert_allclose(
        our_vectors(model, asked), their_vectors(tmp_path / "ours.bin", asked), rtol=0, atol=1e-6
    )


def test_text_with_five_digits_is_fasttexts_own(corpus: Path, tmp_path: Path) -> None:
    flags = ["-minCount", "1", "-dim", "20", "-epoch", "1", "-bucket", "5000", "-thread", "10"]
    command = [fasttext_program(), "cbow", "-input", corpus, "-output", tmp_path / "theirs", *flags]
    subprocess.run(command, check=True, capture_output=True)
    model = read_vectors(tmp_path / "theirs.bin")
    write_word2vec_text(tmp_path / "ours.vec", model, precision=5)
    theirs, ours = read_vectors(tmp_path / "theirs.vec"), read_vectors(tmp_path / "ours.vec")
    assert ours.vocabulary.words == theirs.vocabulary.words
    # The two add the rows of a word in different orders of magnitude: the fifth digit may round to either side.
    np.testing.assert_allclose(ours.input_vectors, theirs.input_vectors, rtol=2e-4, atol=1e-7)
    exact = np.concatenate([block.copy() for block in word_vector_blocks(model)])
    np.testing.assert_allclose(theirs.input_vectors, exact, rtol=1e-4, atol=1e-7)
    same = sum(
        a == b
        for a, b in zip(
            (tmp_path / "theirs.vec").read_bytes().split(b"\n"),
            (tmp_path / "ours.vec").read_bytes().split(b"\n"),
            strict=True,
        )
    )
    assert same > len(model.vocabulary) / 2
