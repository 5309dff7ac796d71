"""`WordVectors`: what it learns, continued training, queries, interruption, files."""

import _thread
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import reference_vectors as ref
import textspace
from textspace import Callback, Neighbor, NotFittedError, WordVectors
from textspace.errors import TextspaceError

TOPICS = [["apple", "pear", "plum", "cherry", "quince"], ["hammer", "saw", "drill", "chisel", "pliers"]]


def topic_texts(n=600, seed=0):
    """Lines of words of one topic each, with a word that all lines have."""
    stream = np.random.default_rng(seed)
    return [" ".join(["and", *stream.choice(TOPICS[line % 2], 6)]) for line in range(n)]


def make(**changed):
    small = {"dim": 10, "min_count": 1, "n_buckets": 3000, "subsample": 0, "n_threads": 1, "min_n": 2, "max_n": 4}
    return WordVectors(**small | changed)


@pytest.fixture(scope="module")
def fitted():
    return make(epochs=3).fit(topic_texts())


@pytest.fixture(scope="module")
def plain():
    """A model without n-grams."""
    return make(epochs=3, max_n=0).fit(topic_texts())


# --- what is learned


def topic_gap(wv):
    """By how much words of the same topic are more similar than words of different topics, on average."""
    same, other = [], []
    for topic in TOPICS:
        for word in topic:
            same += [wv.similarity(word, another) for another in topic if another != word]
            other += [wv.similarity(word, another) for another in sum(TOPICS, []) if another not in topic]
    return np.mean(same) - np.mean(other)


def untrained_loss(wv):
    """Mean loss of a word when all output vectors are zero."""
    if wv.loss == "hs":
        counts = wv.vocabulary_.counts
        n_steps = [len(rows) for rows in ref.huffman_tree(counts.tolist()).rows]
        return np.log(2) * np.average(n_steps, weights=counts)
    return {"ns": 6 * np.log(2), "softmax": np.log(len(wv.vocabulary_))}[wv.loss]


@pytest.mark.parametrize("max_n", [0, 4])
@pytest.mark.parametrize("loss", ["ns", "hs", "softmax"])
@pytest.mark.parametrize("objective", ["skipgram", "cbow"])
def test_words_of_a_topic_become_similar(objective, loss, max_n):
    wv = make(objective=objective, loss=loss, max_n=max_n, epochs=20).fit(topic_texts())
    assert topic_gap(wv) > 0.2
    assert wv.history_[-1].loss < untrained_loss(wv)


@pytest.mark.parametrize("options", [{"position_weights": True}, {"corrected_cbow": True, "learning_rate": 0.5}])
def test_variants_of_cbow_learn_too(options):
    assert topic_gap(make(objective="cbow", epochs=20, **options).fit(topic_texts())) > 0.2


def test_the_variants_of_cbow_differ():
    models = [
        make(objective="cbow", **options).fit(topic_texts(50))
        for options in ({}, {"position_weights": True}, {"corrected_cbow": True})
    ]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(models[one].vectors - models[other].vectors).max() > 1e-3


def test_history_runs_to_the_end_of_the_last_epoch(fitted):
    last = fitted.history_[-1]
    assert last.epoch == pytest.approx(3)
    assert last.n_words == 3 * fitted.vocabulary_.n_tokens
    assert last.learning_rate == pytest.approx(0, abs=1e-9)
    assert not fitted.interrupted_
    epochs = [record.epoch for record in fitted.history_]
    assert epochs == sorted(epochs)


def test_shapes_of_the_model(fitted, plain):
    n_words = len(fitted.vocabulary_)
    assert fitted.input_vectors_.shape == (n_words + fitted.subwords_.n_rows, 10)
    assert plain.input_vectors_.shape == (n_words, 10)
    assert plain.subwords_ is None
    for wv in (fitted, plain):
        assert wv.output_vectors_.shape == (n_words, 10)
        assert wv.input_vectors_.dtype == wv.output_vectors_.dtype == np.float32
    assert fitted.words[0] == fitted.vocabulary_.word(0)
    assert sorted(fitted.words) == sorted({"and", "</s>", *TOPICS[0], *TOPICS[1]})


def test_callbacks_see_the_whole_run():
    class Log(Callback):
        ends = []

        def on_start(self, total_words):
            self.total = total_words

        def on_end(self, progress):
            self.ends.append(progress)

    log = Log()
    wv = make().fit(topic_texts(50), callbacks=[log])
    assert log.total == 5 * wv.vocabulary_.n_tokens
    assert [progress.n_words for progress in log.ends] == [log.total]


# --- vectors of words and texts


def test_a_word_vector_is_the_mean_of_its_rows(fitted):
    for word in ("apple", "appleplum", "zzz", ""):
        indptr, rows = fitted.subwords_.rows_of([word], fitted.vocabulary_)
        padded = np.vstack([fitted.input_vectors_.astype(np.float64), np.zeros(10)])  # row -1 is a row of zeros
        expected = padded[rows].mean(axis=0) if len(rows) else np.zeros(10)
        assert fitted[word].dtype == np.float32
        np.testing.assert_allclose(fitted[word], expected, rtol=1e-5, atol=1e-8)
    assert fitted["appleplum"].any()
    np.testing.assert_array_equal(fitted[b"apple"], fitted["apple"])


def test_vectors_of_the_vocabulary(fitted, plain):
    for wv in (fitted, plain):
        assert wv.vectors.shape == (len(wv.vocabulary_), 10)
        assert wv.vectors is wv.vectors
        for word_id, word in enumerate(wv.words):
            np.testing.assert_array_equal(wv.vectors[word_id], wv[word])
        with pytest.raises(ValueError, match="read-only"):
            wv.vectors[0] = 0


def test_membership_is_that_of_the_vocabulary(fitted):
    assert "apple" in fitted
    assert "appleplum" not in fitted
    assert 3 not in fitted


def test_without_ngrams_unknown_words_are_a_key_error(plain):
    assert plain["apple"].any()
    for action in (
        lambda: plain["appleplum"],
        lambda: plain.nearest("appleplum"),
        lambda: plain.similarity("apple", "appleplum"),
        lambda: plain.analogy("apple", "pear", "appleplum"),
    ):
        with pytest.raises(KeyError, match="'appleplum' is not in the vocabulary, and the model has no n-grams"):
            action()
    assert not plain.embed(["appleplum"]).any()


def test_embed_is_the_mean_of_unit_vectors(fitted, plain):
    texts = ["apple saw", " saw\tsaw\napple\vpear\fplum\r ", "appleplum", "zzz", "", "apple zzz"] * 2
    for wv in (fitted, plain):
        embedded = wv.embed(texts)
        assert embedded.shape == (12, 10)
        assert embedded.dtype == np.float32
        for text, vector in zip(texts, embedded, strict=True):
            known = [word for word in text.split() if wv.subwords_ or word in wv]
            expected = ref.text_vector(np.array([wv[word] for word in known]).reshape(-1, 10).astype(np.float64))
            np.testing.assert_allclose(vector, expected, atol=1e-6)
    assert wv.embed(("apple",)).shape == (1, 10)


def test_embed_splits_as_the_corpus_was_split():
    def on_commas(text):
        return [name.replace(" ", "_") for name in text.split(",")]

    wv = make(tokenizer=on_commas).fit(["new york,tokyo,new york", "tokyo,new york"] * 20)
    assert "new_york" in wv
    np.testing.assert_allclose(wv.embed(["new york,tokyo"]), wv.embed(["tokyo,new york"]), atol=1e-6)


def test_a_callable_tokenizer_must_be_given_again_after_loading(tmp_path):
    wv = make(tokenizer=str.split).fit(topic_texts(50))
    wv.save(tmp_path / "wv.textspace")
    loaded = textspace.load(tmp_path / "wv.textspace")
    np.testing.assert_array_equal(loaded["apple"], wv["apple"])
    with pytest.raises(ValueError, match=r"`tokenizer` must be set again with set_params\(tokenizer=...\), got None"):
        loaded.embed(["apple"])
    np.testing.assert_array_equal(loaded.set_params(tokenizer=str.split).embed(["apple"]), wv.embed(["apple"]))


# --- neighbors and analogies


def cosines(wv, vector):
    vectors = np.array([wv[word] for word in wv.words], dtype=np.float64)
    return vectors @ vector / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vector)


def test_similarity(fitted):
    expected = cosines(fitted, fitted["saw"].astype(np.float64))[fitted.vocabulary_.id_of("apple")]
    assert fitted.similarity("apple", "saw") == pytest.approx(expected, abs=1e-6)
    assert fitted.similarity("apple", "apple") == pytest.approx(1)
    assert type(fitted.similarity("apple", "saw")) is float
    assert fitted.similarity("apple", "") == 0


@pytest.mark.parametrize("query", ["apple", "appleplum"])
def test_nearest_words(fitted, query):
    expected = cosines(fitted, fitted[query].astype(np.float64))
    order = [word_id for word_id in np.argsort(-expected) if fitted.words[word_id] != query]
    found = fitted.nearest(query, k=5)
    assert [neighbor.word for neighbor in found] == [fitted.words[word_id] for word_id in order[:5]]
    np.testing.assert_allclose([neighbor.similarity for neighbor in found], expected[order[:5]], atol=1e-5)
    assert isinstance(found[0], Neighbor)
    assert type(found[0].similarity) is float
    assert len(fitted.nearest(query)) == 10
    assert len(fitted.nearest(query, k=1000)) == len(order)


def test_nearest_to_a_vector_excludes_nothing(fitted):
    for vector in (fitted["apple"], fitted["apple"].astype(np.float64), 3 * fitted["apple"]):
        assert fitted.nearest(vector, k=1)[0] == Neighbor("apple", pytest.approx(1))


def test_batches_give_what_single_queries_give(fitted):
    def assert_same(batch, single):
        assert [[n.word for n in found] for found in batch] == [[n.word for n in found] for found in single]
        for found, expected in zip(batch, single, strict=True):
            np.testing.assert_allclose([n.similarity for n in found], [n.similarity for n in expected], atol=1e-6)

    words = ["apple", "appleplum", "saw", "apple"]
    assert_same(fitted.nearest_batch(words, k=3), [fitted.nearest(word, k=3) for word in words])
    vectors = np.array([fitted[word] for word in words])
    assert_same(fitted.nearest_batch(vectors, k=3), [fitted.nearest(vector, k=3) for vector in vectors])
    assert fitted.nearest_batch([], k=3) == []


def test_analogy_is_a_minus_b_plus_c(fitted):
    a, b, c = "apple", "pear", "saw"
    expected = cosines(fitted, ref.analogy_query(*(fitted[word].astype(np.float64) for word in (a, b, c))))
    order = [word_id for word_id in np.argsort(-expected) if fitted.words[word_id] not in (a, b, c)]
    found = fitted.analogy(a, b, c, k=4)
    assert [neighbor.word for neighbor in found] == [fitted.words[word_id] for word_id in order[:4]]
    np.testing.assert_allclose([neighbor.similarity for neighbor in found], expected[order[:4]], atol=1e-5)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda wv: wv.nearest("apple", k=0), ValueError, "`k` must be >= 1, got 0"),
        (lambda wv: wv.nearest(["apple"]), ValueError, r"`query` must be a word or a vector of shape \(10,\)"),
        (lambda wv: wv.nearest(np.zeros(9)), ValueError, "`query` must be a word or a vector"),
        (lambda wv: wv.nearest(np.full(10, np.nan)), ValueError, "finite"),
        (lambda wv: wv.nearest_batch("apple"), TypeError, r"call nearest\('apple'\)"),
        (
            lambda wv: wv.nearest_batch(np.zeros(10)),
            ValueError,
            r"`queries` must be words or vectors of shape \(N, 10\)",
        ),
        (lambda wv: wv.nearest_batch([None]), TypeError, "a word must be a str, got None"),
        (lambda wv: wv[3], TypeError, "a word must be a str, got 3"),
    ],
)
def test_wrong_questions(fitted, ask, error, message):
    with pytest.raises(error, match=message):
        ask(fitted)


def test_nothing_is_asked_before_training():
    wv = WordVectors()
    for ask in (
        lambda: wv["a"],
        lambda: "a" in wv,
        lambda: wv.vectors,
        lambda: wv.words,
        lambda: wv.nearest("a"),
        lambda: wv.analogy("a", "b", "c"),
        lambda: wv.similarity("a", "b"),
        lambda: wv.embed(["a"]),
        lambda: wv.input_vectors_,
    ):
        with pytest.raises(NotFittedError, match="this WordVectors is not trained yet") as raised:
            ask()
        assert isinstance(raised.value, TextspaceError)


# --- parameters and corpora


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"objective": "sg"}, ValueError, "`objective` must be one of 'skipgram', 'cbow', got 'sg'"),
        ({"loss": "ova"}, ValueError, "`loss` must be one of 'ns', 'hs', 'softmax', got 'ova'"),
        ({"dim": 0}, ValueError, "`dim` must be between 1 and 65536, got 0"),
        ({"dim": 1.5}, TypeError, r"`dim` must be an integer, got 1\.5"),
        ({"window": 0}, ValueError, "`window` must be between 1"),
        ({"n_negatives": 0}, ValueError, "`n_negatives` must be between 1"),
        ({"negative_power": -1}, ValueError, "`negative_power` must be between 0"),
        ({"epochs": 0}, ValueError, "`epochs` must be >= 1, got 0"),
        ({"learning_rate": 0}, ValueError, r"`learning_rate` must be > 0, got 0\.0"),
        ({"learning_rate": np.nan}, ValueError, "`learning_rate` must be finite, got nan"),
        ({"min_count": 0}, ValueError, "`min_count` must be >= 1, got 0"),
        ({"max_vocab": 0}, ValueError, "`max_vocab` must be >= 1, got 0; None sets no limit"),
        ({"subsample": -1}, ValueError, r"`subsample` must be >= 0, got -1\.0"),
        ({"min_n": 5, "max_n": 3}, ValueError, "`max_n` must be >= `min_n`, got min_n=5, max_n=3"),
        ({"n_buckets": 0}, ValueError, "`n_buckets` must be >= 1 with n-grams, got 0; max_n=0"),
        ({"n_buckets": 2**31}, ValueError, "`n_buckets` must be between 0 and 2147483647"),
        ({"tokenizer": "words"}, ValueError, "`tokenizer` must be one of 'whitespace', 'unicode', got 'words'"),
        ({"position_weights": True}, ValueError, "`position_weights` must be False for skip-gram, got True; set"),
        ({"corrected_cbow": True}, ValueError, "`corrected_cbow` must be False for skip-gram"),
        ({"corrected_cbow": "no"}, TypeError, "`corrected_cbow` must be True or False, got 'no'"),
        ({"memory_budget": -1}, ValueError, "`memory_budget` must be >= 0"),
        ({"n_threads": 0}, ValueError, "`n_threads` must be >= 1, got 0; None uses all cores"),
        ({"random_state": -1}, ValueError, "`random_state` must be between 0 and"),
    ],
)
def test_parameters_are_checked_before_the_corpus_is_read(changed, error, message):
    def corpus():
        raise AssertionError("read")
        yield ""

    with pytest.raises(error, match=message):
        make(**changed).fit(corpus())


def test_on_interrupt_is_checked():
    with pytest.raises(ValueError, match="`on_interrupt` must be one of 'raise', 'keep', got 'stop'"):
        make().fit(topic_texts(5), on_interrupt="stop")


def test_too_few_words():
    with pytest.raises(ValueError, match=r"no word that occurs `min_count`=1000 times, .*; lower `min_count`"):
        make(min_count=1000).fit(topic_texts(50))
    with pytest.raises(ValueError, match=r"at least 2 different words that occur `min_count` = 4 times, got only 'a'"):
        make(min_count=4).fit(["a a a a b"])


def test_min_count_and_max_vocab_limit_the_vocabulary():
    texts = ["a a a a b b b c c d"] * 3
    assert make(min_count=6).fit(texts).words == ["a", "b", "c"]
    assert make(max_vocab=2).fit(texts).words == ["a", "b"]


def test_words_that_are_not_utf8_survive(tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_bytes(b"caf\xe9 au lait\n" * 50)
    wv = make().fit(corpus)
    assert wv["caf\udce9"].any()
    np.testing.assert_array_equal(wv["caf\udce9"], wv[b"caf\xe9"])
    for suffix in (".textspace", ".bin", ".vec"):
        wv.save(tmp_path / f"wv{suffix}")
        np.testing.assert_allclose(textspace.load(tmp_path / f"wv{suffix}")[b"caf\xe9"], wv[b"caf\xe9"], atol=1e-7)


@pytest.mark.parametrize("max_n", [0, 4])
def test_a_corpus_in_a_temporary_file_gives_the_same_vectors(max_n):
    in_memory = make(max_n=max_n).fit(topic_texts(100))
    in_file = make(max_n=max_n, memory_budget=0).fit(topic_texts(100))
    np.testing.assert_array_equal(in_memory.vectors, in_file.vectors)


# --- interruption: a run of 10**9 epochs does not end by itself


class Interrupter(Callback):
    def __init__(self, error=KeyboardInterrupt):
        self.error, self.n_reports = error, 0

    def on_progress(self, progress):
        self.n_reports += 1
        if progress.n_words > 0:
            raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt, LookupError])
def test_an_interrupted_fit_changes_nothing(error):
    wv = make()
    with pytest.raises(error):
        wv.set_params(epochs=10**6).fit(topic_texts(), callbacks=[Interrupter(error)])
    assert not hasattr(wv, "vocabulary_")
    wv.set_params(epochs=1).fit(topic_texts(50))
    before = wv.vectors.copy()
    for train in (wv.fit, wv.partial_fit):
        with pytest.raises(error):
            wv.set_params(epochs=10**6)
            train(topic_texts(), callbacks=[Interrupter(error)])
        np.testing.assert_array_equal(wv.vectors, before)
        assert not wv.interrupted_


def test_an_interrupted_fit_can_keep_what_is_trained(tmp_path):
    wv = make(epochs=10**6).fit(topic_texts(), callbacks=[Interrupter()], on_interrupt="keep")
    assert wv.interrupted_
    assert 0 < wv.history_[-1].epoch < 10**6
    assert wv["apple"].any()
    wv.save(tmp_path / "wv.textspace")
    with pytest.raises(LookupError):
        wv.fit(topic_texts(), callbacks=[Interrupter(LookupError)], on_interrupt="keep")


@pytest.mark.parametrize("n_threads", [1, 3])
def test_ctrl_c_stops_the_threads_within_a_second(n_threads):
    wv = make(epochs=10**6, n_threads=n_threads)
    interrupter = threading.Timer(0.3, _thread.interrupt_main)
    interrupter.start()
    begin = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        wv.fit(topic_texts())
    assert time.perf_counter() - begin < 1.3
    interrupter.join()


# --- continued training

NEW_TEXTS = ["apple kumquat pear", "saw kumquat spanner spanner"] * 10
NO_STEP = 1e-35  # a learning rate whose steps vanish beside any float32 of the model


def test_known_words_keep_ids_and_rows_and_new_ones_get_them(fitted, tmp_path):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace").set_params(n_threads=1)
    n_known = len(fitted.vocabulary_)
    assert wv.partial_fit(NEW_TEXTS, learning_rate=NO_STEP, epochs=1) is wv
    assert wv.words[:n_known] == fitted.words
    assert wv.words[n_known:] == ["kumquat", "spanner"]
    counts = wv.vocabulary_.counts
    new_counts = {"apple": 10, "pear": 10, "saw": 10, "</s>": 20}
    for word_id, word in enumerate(fitted.words):
        assert counts[word_id] == fitted.vocabulary_.counts[word_id] + new_counts.get(word, 0)
    assert counts[n_known:].tolist() == [20, 20]
    assert wv.vocabulary_.n_tokens == fitted.vocabulary_.n_tokens + 90
    np.testing.assert_array_equal(wv.vectors[:n_known], fitted.vectors)
    np.testing.assert_array_equal(wv.output_vectors_[:n_known], fitted.output_vectors_)
    assert not (wv.output_vectors_[n_known:] > 1e-30).any()
    assert wv["kumquat"].any()
    assert wv.subwords_.n_rows > fitted.subwords_.n_rows
    assert wv.learning_rate == fitted.learning_rate


def test_more_text_moves_the_vectors(fitted, tmp_path):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace")
    before = wv.similarity("apple", "saw")
    wv.partial_fit(["kumquat apple durian", "kumquat saw durian"] * 300, epochs=10)
    assert wv.similarity("apple", "saw") > before + 0.2
    assert wv.similarity("apple", "saw") > wv.similarity("pear", "drill") + 0.2
    assert wv.history_[-1].epoch == pytest.approx(10)


def test_min_count_is_that_of_the_new_text(fitted, tmp_path):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace").set_params(min_count=11)
    wv.partial_fit(NEW_TEXTS, epochs=1)
    assert "kumquat" in wv
    assert "apple" in wv
    wv.partial_fit(["apple durian pear"] * 10, epochs=1)
    assert "durian" not in wv
    assert (
        wv.vocabulary_.counts[wv.vocabulary_.id_of("apple")]
        == fitted.vocabulary_.counts[fitted.vocabulary_.id_of("apple")] + 20
    )


def test_partial_fit_alone_is_fit():
    np.testing.assert_array_equal(make().partial_fit(topic_texts(50)).vectors, make().fit(topic_texts(50)).vectors)


def test_continuing_from_a_fasttext_file_keeps_the_vectors_of_words(fitted, tmp_path):
    fitted.save(tmp_path / "wv.bin")
    wv = textspace.load(tmp_path / "wv.bin")
    assert wv.subwords_.is_dense
    wv.partial_fit(NEW_TEXTS, learning_rate=NO_STEP, epochs=1)
    assert not wv.subwords_.is_dense
    assert wv.words[: len(fitted.words)] == fitted.words
    np.testing.assert_allclose(wv.vectors[: len(fitted.words)], fitted.vectors, atol=1e-7)
    assert len(wv.input_vectors_) < len(wv.words) + wv.n_buckets


@pytest.mark.parametrize("max_n", [0, 5])
def test_continuing_from_plain_vectors(fitted, tmp_path, max_n):
    fitted.save(tmp_path / "wv.vec")
    wv = textspace.load(tmp_path / "wv.vec").set_params(max_n=max_n, min_count=1)
    assert wv.output_vectors_ is None
    wv.partial_fit(NEW_TEXTS, learning_rate=NO_STEP, epochs=1)
    np.testing.assert_allclose(wv.vectors[: len(fitted.words)], fitted.vectors, rtol=1e-5, atol=1e-7)
    assert wv.output_vectors_.shape == (len(wv.words), 10)
    assert (wv.subwords_ is not None) == (max_n > 0)
    wv.partial_fit(NEW_TEXTS, learning_rate=0.05, epochs=1)
    assert wv["kumquat"].any()


def test_hierarchical_softmax_starts_with_a_new_tree(tmp_path):
    wv = make(loss="hs").fit(topic_texts(100))
    wv.partial_fit(NEW_TEXTS, learning_rate=NO_STEP, epochs=1)
    assert np.abs(wv.output_vectors_).max() < 1e-30
    wv.partial_fit(topic_texts(100), epochs=1)
    assert np.abs(wv.output_vectors_).max() > 1e-3


@pytest.mark.parametrize("changed", [{"dim": 12}, {"min_n": 1}, {"max_n": 6}, {"max_n": 0}, {"n_buckets": 50}])
def test_the_shape_of_a_model_cannot_change(fitted, tmp_path, changed):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace").set_params(**changed)
    (name,) = changed
    with pytest.raises(ValueError, match=rf"`{name}` must stay as the model was trained, \d+, got {changed[name]}"):
        wv.partial_fit(NEW_TEXTS)
    np.testing.assert_array_equal(wv.vectors, fitted.vectors)


def test_continuing_from_a_real_fasttext_file(shared: Path):
    wv = textspace.load(shared / "data" / "models" / "lee_fasttext_new.bin")
    words, vectors = wv.words, wv.vectors.copy()
    wv.partial_fit(topic_texts(50), learning_rate=NO_STEP, epochs=1)
    assert wv.words[: len(words)] == words
    np.testing.assert_allclose(wv.vectors[: len(words)], vectors, atol=1e-6)


# --- what was computed from old vectors goes with them


def test_new_vectors_are_used_at_once(fitted, tmp_path):
    fitted.save(tmp_path / "wv.textspace")
    wv = textspace.load(tmp_path / "wv.textspace")
    wv.nearest("apple")
    old = wv.vectors
    wv.partial_fit(NEW_TEXTS, learning_rate=0.2)
    assert (wv.vectors[: len(old)] != old).any()
    expected = cosines(wv, wv["apple"].astype(np.float64))
    np.testing.assert_allclose(
        [neighbor.similarity for neighbor in wv.nearest("apple", k=3)], np.sort(expected)[::-1][1:4], atol=1e-5
    )
    assert "kumquat" in {neighbor.word for neighbor in wv.nearest("apple", k=100)}


# --- files


@pytest.mark.parametrize("suffix", [".textspace", ".bin", ".vec", ".w2v.bin"])
def test_files_keep_the_vectors(fitted, tmp_path, suffix):
    fitted.save(tmp_path / f"wv{suffix}")
    for mmap in (True, False):
        loaded = WordVectors.load(tmp_path / f"wv{suffix}", mmap=mmap)
        assert loaded.words == fitted.words
        np.testing.assert_allclose(loaded.vectors, fitted.vectors, atol=1e-7)
        found = loaded.nearest("apple", k=3)
        assert [neighbor.word for neighbor in found] == [neighbor.word for neighbor in fitted.nearest("apple", k=3)]
        assert loaded.dim == 10
    if suffix in (".textspace", ".bin"):
        np.testing.assert_allclose(loaded["appleplum"], fitted["appleplum"], atol=1e-7)
        assert (loaded.min_n, loaded.max_n, loaded.n_buckets, loaded.epochs) == (2, 4, 3000, 3)
    else:
        assert loaded.max_n == 0
        with pytest.raises(KeyError):
            _ = loaded["appleplum"]


def test_a_wrong_suffix_and_a_wrong_file(fitted, tmp_path):
    with pytest.raises(ValueError, match="must end with one of"):
        fitted.save(tmp_path / "wv.xyz")
    (tmp_path / "noise.bin").write_bytes(b"\x00\x01\x02" * 100)
    with pytest.raises(textspace.FormatError):
        textspace.load(tmp_path / "noise.bin")
    with pytest.raises(FileNotFoundError):
        textspace.load(tmp_path / "none.bin")


def test_a_model_can_be_saved_over_the_file_it_is_mapped_from(fitted, tmp_path):
    path = tmp_path / "wv.textspace"
    fitted.save(path)
    wv = textspace.load(path)
    wv.partial_fit(NEW_TEXTS, epochs=1)
    wv.save(path)
    np.testing.assert_array_equal(textspace.load(path).vectors, wv.vectors)
