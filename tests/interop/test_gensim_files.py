"""Files that gensim wrote, read by us, and the other way round."""

from pathlib import Path

import numpy as np
import pytest

from interop.peer import run_with
from sample_models import compact_model, plain_model
from textspace.formats import read_vectors, write_vectors
from textspace.formats.stored import word_vector_blocks

# Words in the order of the ids, and their vectors as gensim has them.
READ = """
import sys, numpy
from gensim.models import KeyedVectors
from gensim.models.fasttext import load_facebook_model
path, kind, answer = sys.argv[1:]
if kind == "fasttext":
    vectors = load_facebook_model(path).wv
else:
    vectors = KeyedVectors.load_word2vec_format(path, binary=kind == "binary")
numpy.save(answer, [vectors[word] for word in vectors.index_to_key])
print(vectors.index_to_key)
"""
WRITE = """
import sys
from gensim.models import FastText
from gensim.models.fasttext import save_facebook_model
folder = sys.argv[1]
texts = [["human", "interface", "computer"], ["survey", "user", "computer", "system", "寿司"], ["user", "naïve"]] * 9
model = FastText(texts, vector_size=12, min_count=1, bucket=200, seed=1, workers=1, epochs=2)
save_facebook_model(model, folder + "/theirs.bin")
model.wv.save_word2vec_format(folder + "/theirs.vec")
model.wv.save_word2vec_format(folder + "/theirs.w2v", binary=True)
"""
CONVERT = """
import sys
from gensim.models.fasttext import load_facebook_model, save_facebook_model
save_facebook_model(load_facebook_model(sys.argv[1]), sys.argv[2])
"""
# gensim decodes words strictly.
WORDS = ["</s>", "the", "naïve", "cheese", "寿司", "where", "a"]


@pytest.mark.parametrize(("suffix", "kind"), [(".bin", "fasttext"), (".vec", "text"), (".w2v", "binary")])
def test_gensim_reads_what_we_wrote(suffix: str, kind: str, tmp_path: Path) -> None:
    model = plain_model([word.encode() for word in WORDS])
    write_vectors(tmp_path / f"ours{suffix}", model)
    printed = run_with("gensim", READ, tmp_path / f"ours{suffix}", kind, tmp_path / "answer.npy")
    assert printed.strip() == repr(WORDS)
    np.testing.assert_allclose(np.load(tmp_path / "answer.npy"), model.input_vectors, rtol=0, atol=1e-7)


def test_we_read_what_gensim_wrote(tmp_path: Path) -> None:
    run_with("gensim", WRITE, tmp_path)
    subword, text, binary = (read_vectors(tmp_path / f"theirs{suffix}") for suffix in (".bin", ".vec", ".w2v"))
    assert text.vocabulary.words == binary.vocabulary.words == subword.vocabulary.words
    np.testing.assert_array_equal(text.input_vectors, binary.input_vectors)
    vectors = np.concatenate(list(word_vector_blocks(subword)))
    np.testing.assert_allclose(vectors, text.input_vectors, rtol=0, atol=1e-6)


def test_the_remedy_for_files_before_the_magic_number_works(shared: Path, tmp_path: Path) -> None:
    old = shared / "data" / "models" / "lee_fasttext.bin"
    run_with("gensim", CONVERT, old, tmp_path / "new.bin")
    found = read_vectors(tmp_path / "new.bin")
    assert len(found.vocabulary) == 1762
    assert found.vocabulary.word(0) == "the"


def test_gensim_reads_our_subwords(tmp_path: Path) -> None:
    model = compact_model()
    write_vectors(tmp_path / "ours.bin", model)
    run_with("gensim", READ, tmp_path / "ours.bin", "fasttext", tmp_path / "answer.npy")
    vectors = np.concatenate(list(word_vector_blocks(model)))
    # gensim gives </s> n-grams, which fastText does not, and reads words that are not UTF-8 as others.
    same = [word_id for word_id in range(len(model.vocabulary)) if word_id not in (0, 3)]
    np.testing.assert_allclose(np.load(tmp_path / "answer.npy")[same], vectors[same], rtol=0, atol=1e-6)
