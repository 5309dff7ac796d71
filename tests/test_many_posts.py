"""What tag models cost where texts and tags are many: memory, choices of the default, and Ctrl-C."""

import signal
import threading
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from textspace import TagSpace, _core
from textspace.tagging import fitting
from textspace.tagging.tagged_texts import labelled_lines
from textspace.text import documents, labelled, labelled_tokens
from textspace.training import tag_documents
from textspace.training.tag_documents import encode_tagged
from textspace.training.tagspace_parameters import TagSpaceParameters

TEXTS = ["how do i bake bread", "which oil for frying fish", "bread without yeast", "how to grill fish"] * 10
TAGS = [["bread", "baking"], "fish", ["bread"], ("fish",)] * 10


def write_posts(path, n_posts, n_words=10):
    words = np.random.default_rng(1).integers(0, 500, (n_posts, n_words))
    lines = (f"__label__t{row[0] % 50} {' '.join(f'w{word}' for word in row)}\n" for row in words.tolist())
    path.write_text("".join(lines))
    return path


def peak_of(work):
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def growth_a_post(work, tmp_path, sizes):
    few, many = (write_posts(tmp_path / f"{size}.txt", size) for size in sizes)
    work(few)  # what is imported and made once
    return (peak_of(lambda: work(many)) - peak_of(lambda: work(few))) / (sizes[1] - sizes[0])


@pytest.fixture
def small_blocks(monkeypatch):
    """A few posts must not fit into the block that is read at once."""
    for module in (labelled, labelled_tokens):
        monkeypatch.setattr(module, "BLOCK_SIZE", 1 << 14)


SMALL = {"dim": 8, "epochs": 1, "n_threads": 1, "options": {"memory_budget": 2**12}}


@pytest.mark.usefixtures("small_blocks")
def test_posts_of_a_file_take_no_memory(tmp_path):
    def train(path):
        TagSpace(folding="whitespace", word_ngrams=1, max_n=0, min_n=0, linear=False, **SMALL).fit(path)

    assert growth_a_post(train, tmp_path, (20_000, 100_000)) < 8


@pytest.mark.slow
@pytest.mark.usefixtures("small_blocks")
def test_posts_that_are_folded_take_no_memory(tmp_path):
    def train(path):
        TagSpace(word_ngrams=1, linear=False, **SMALL).fit(path)

    assert growth_a_post(train, tmp_path, (11_000, 18_000)) < 32


@pytest.mark.usefixtures("small_blocks")
def test_documents_of_the_classifier_take_no_memory(tmp_path):
    def encode(path):
        documents.encode_documents(path, word_ngrams=2, n_buckets=1000, memory_budget=2**12, n_threads=1)

    assert growth_a_post(encode, tmp_path, (20_000, 100_000)) < 4


@pytest.mark.parametrize("lead", [False, True])
def test_blocks_do_not_change_the_model(monkeypatch, lead):
    def train():
        texts = [f"{text} {'word ' * 40}" for text in TEXTS] if lead else TEXTS
        return TagSpace(dim=16, n_threads=1, min_n=3, max_n=4).fit(texts, TAGS)._model

    whole = train()
    monkeypatch.setattr(tag_documents, "_BLOCK", 3)
    model = train()
    assert (model.linear.lead > 0) == lead
    assert np.array_equal(model.word_vectors, whole.word_vectors)
    assert np.array_equal(model.row_weights, whole.row_weights)
    for name in ("indptr", "tag_ids", "values", "row_weights"):
        assert np.array_equal(getattr(model.linear, name), getattr(whole.linear, name)), name


def test_many_scores_are_not_all_computed_by_default(monkeypatch, caplog):
    monkeypatch.setattr(fitting, "_SOFTMAX_LIMIT", 40 * 3 * 10 - 1)
    ts = TagSpace(dim=16, n_threads=1).fit(TEXTS, TAGS)
    assert (ts._model.loss, ts._model.parameters["n_negatives"]) == ("sampled_softmax", 100)
    assert "loss='softmax'" in caplog.text
    assert ts.rank(["fish soup"], k=1).labels.tolist() == [["fish"]]
    caplog.clear()
    for given in ({"loss": "softmax"}, {"options": {"loss": "softmax"}}, {"epochs": 9}):
        assert TagSpace(dim=16, n_threads=1, **given).fit(TEXTS, TAGS)._model.loss == "softmax"
    assert not caplog.records


def test_the_linear_part_is_left_out_where_it_would_take_most_of_the_time(monkeypatch, caplog):
    monkeypatch.setattr(fitting, "_LINEAR_LIMIT", 10)
    assert TagSpace(dim=16, n_threads=1).fit(TEXTS, TAGS)._model.linear is None
    assert "linear=True" in caplog.text
    caplog.clear()
    assert TagSpace(dim=16, n_threads=1, linear=True).fit(TEXTS, TAGS)._model.linear is not None
    assert TagSpace(dim=16, n_threads=1, linear=False).fit(TEXTS, TAGS)._model.linear is None
    assert not caplog.records


def test_the_most_frequent_ngrams_have_rows():
    parameters = TagSpaceParameters(word_ngrams=2, n_buckets=10**6, n_threads=1)
    texts = ["a b c", "a b", "c d a b c"]
    everything, *_, all_documents = encode_tagged(texts, [["x"], ["y"], ["x"]], parameters)
    n_words = len(everything.vocabulary)
    features, *_, kept = encode_tagged(texts, [["x"], ["y"], ["x"]], replace(parameters, max_ngrams=2))
    assert features.n_rows == n_words + 2 < everything.n_rows
    expected = [row for row in all_documents.rows.tolist() if row < n_words + 2]
    assert kept.rows.tolist() == expected
    counts = np.bincount(all_documents.rows, minlength=everything.n_rows)[n_words:]
    assert counts[:2].min() >= counts[2:].max()


def test_an_interrupted_linear_part_leaves_the_dense_one(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "train_linear", interrupted)
    ts = TagSpace(dim=16, n_threads=1).fit(TEXTS, TAGS, on_interrupt="keep")
    assert ts.interrupted_
    assert ts._model.linear is None
    assert ts.rank(["fish soup"], k=1).labels.shape == (1, 1)
    with pytest.raises(KeyboardInterrupt):
        TagSpace(dim=16, n_threads=1).fit(TEXTS, TAGS)


def test_a_line_has_no_tags_but_its_own():
    pairs = [("(__label__x) y", ("a", "b", "a")), ("End. </s> more", ())]
    assert list(labelled_lines(pairs, "words", "__label__")) == ["__label__a __label__b y", "end more"]
    ts = TagSpace(dim=8, n_threads=1).fit(["__label__a (__label__x) y", "__label__b z"] * 5)
    assert ts.tags_ == ("a", "b")
    assert "__label__x" not in ts.vocabulary_.words


def seconds_until_interrupted(work, delay):
    timer = threading.Timer(delay, signal.raise_signal, [signal.SIGINT])
    began = time.perf_counter()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        work()
    return time.perf_counter() - began


def test_ctrl_c_stops_the_linear_part_within_a_block_of_tags():
    rng = np.random.default_rng(1)
    n_texts, n_rows = 200_000, 1000
    rows = np.sort(rng.integers(0, n_rows, (n_texts, 10)), axis=1).astype(np.int32).ravel()
    indptr = np.arange(n_texts + 1) * 10
    tagged = np.flatnonzero(rng.random(n_texts) < 0.5).astype(np.int32)

    def train():
        _core.train_one_vs_rest(
            indptr, rows, np.full(rows.size, 0.3, np.float32), np.array([0, tagged.size]), tagged, n_rows=n_rows,
            cost=10.0, tolerance=1e-9, margin_tolerance=0.0, smallest_weight=0.0, passes=1000, n_threads=1,
            progress=lambda _: None,
        )  # fmt: skip

    assert seconds_until_interrupted(train, 0.2) < 2


def test_ctrl_c_stops_the_encoding_of_documents():
    n_buckets = 100_000
    ids = np.tile(np.append(np.arange(20, dtype=np.int32), np.int32(-1)), 400_000)
    encoder = _core.DocumentEncoder(
        ids, np.arange(20, dtype=np.int32), np.arange(20, dtype=np.uint32), word_ngrams=8, n_buckets=n_buckets,
        n_threads=1,
    )  # fmt: skip
    counts = np.zeros(n_buckets, np.uint32)

    def count():
        for _ in range(100):
            encoder.count_buckets(counts)

    began = time.perf_counter()
    encoder.count_buckets(counts)
    whole = time.perf_counter() - began
    assert seconds_until_interrupted(count, 0.05) < 0.05 + whole / 2
