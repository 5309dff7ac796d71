"""`WordVectors`: what it learns, its parameters, interruption, files."""

import _thread
import itertools
import pickle
import threading
import time

import numpy as np
import pytest

import reference_vectors as ref
import textspace
from small_vectors import TOPICS, small_vectors, topic_texts
from textspace import Callback, TrainingDivergedError, WordVectors
from textspace.training import word_vectors


@pytest.fixture(scope="module")
def fitted():
    return small_vectors(epochs=3).fit(topic_texts())


@pytest.fixture(scope="module")
def plain():
    """A model without n-grams."""
    return small_vectors(epochs=3, max_n=0).fit(topic_texts())


def topic_gap(wv):
    """By how much words of the same topic are more similar than words of different topics, on average."""
    same, other = [], []
    for topic in TOPICS:
        for word in topic:
            same += [wv.similarity(word, another) for another in topic if another != word]
            other += [wv.similarity(word, another) for another in itertools.chain(*TOPICS) if another not in topic]
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
    wv = small_vectors(objective=objective, loss=loss, max_n=max_n, epochs=20).fit(topic_texts())
    assert topic_gap(wv) > 0.2
    assert wv.history_[-1].loss < untrained_loss(wv)


def test_half_precision_learns_as_well():
    wv = small_vectors(half_precision=True).fit(topic_texts())
    assert wv.input_vectors_.dtype == np.float32
    assert wv.history_[-1].loss < untrained_loss(wv)


@pytest.mark.parametrize("options", [{"position_weights": True}, {"corrected_cbow": True, "learning_rate": 0.5}])
def test_variants_of_cbow_learn_too(options):
    assert topic_gap(small_vectors(objective="cbow", epochs=20, **options).fit(topic_texts())) > 0.2


def test_the_variants_of_cbow_differ():
    models = [
        small_vectors(objective="cbow", **options).fit(topic_texts(50))
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
        def on_start(self, total_words):
            self.total, self.ends = total_words, []

        def on_end(self, progress):
            self.ends.append(progress)

    log = Log()
    wv = small_vectors().fit(topic_texts(50), callbacks=[log])
    assert log.total == 5 * wv.vocabulary_.n_tokens
    assert [progress.n_words for progress in log.ends] == [log.total]


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
        ({"epochs": 0}, ValueError, "`epochs` must be between 1 and 1000000, got 0"),
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
        small_vectors(**changed).fit(corpus())


class IdleTrainer:
    """Takes the place of the core's trainer: keeps what it is given, trains nothing, and may spoil a matrix."""

    spoiled, bad = None, np.nan

    def __init__(self, ids, word_indptr, word_rows, input_vectors, output_vectors, **options):
        IdleTrainer.options = options
        matrices = {"input": input_vectors, "output": output_vectors, "position": options["position_weights"]}
        if self.spoiled:
            matrices[self.spoiled][-1, 0] = self.bad

    def start(self):
        pass

    stop = join = start

    def running(self):
        return False

    def progress(self):
        return 10**9, 1.0, 1


def test_parameters_reach_the_trainer(monkeypatch):
    monkeypatch.setattr(word_vectors._core, "VectorTrainer", IdleTrainer)
    given = {
        "objective": "cbow",
        "loss": "softmax",
        "window": 7,
        "n_negatives": 8,
        "negative_power": 0.75,
        "epochs": 3,
        "learning_rate": 0.03,
        "n_threads": 2,
    }
    wv = small_vectors(**given, subsample=1e-3, random_state=11, corrected_cbow=True).fit(topic_texts(50))
    options = IdleTrainer.options
    assert {name: options[name] for name in given} == given
    assert (options["seed"], options["normalize_cbow"], options["position_weights"]) == (11, True, None)
    counts = wv.vocabulary_.counts
    np.testing.assert_array_equal(options["counts"], counts)
    expected = ref.keep_probability(counts, wv.vocabulary_.n_tokens, 1e-3)
    np.testing.assert_allclose(options["keep_probability"], expected, rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("spoiled", ["input", "output", "position"])
def test_vectors_that_are_not_finite_are_never_kept(monkeypatch, spoiled, bad):
    monkeypatch.setattr(word_vectors._core, "VectorTrainer", IdleTrainer)
    monkeypatch.setattr(IdleTrainer, "spoiled", spoiled)
    monkeypatch.setattr(IdleTrainer, "bad", bad)
    wv = small_vectors(objective="cbow", position_weights=True)
    with pytest.raises(TrainingDivergedError, match=f"the {spoiled} vectors are not finite; lower `learning_rate`"):
        wv.fit(topic_texts(50))
    assert not hasattr(wv, "vocabulary_")


def test_on_interrupt_is_checked():
    with pytest.raises(ValueError, match="`on_interrupt` must be one of 'raise', 'keep', got 'stop'"):
        small_vectors().fit(topic_texts(5), on_interrupt="stop")


def test_too_few_words():
    with pytest.raises(ValueError, match=r"no word that occurs `min_count`=1000 times, .*; lower `min_count`"):
        small_vectors(min_count=1000).fit(topic_texts(50))
    with pytest.raises(ValueError, match=r"at least 2 different words that occur `min_count` = 4 times, got only 'a'"):
        small_vectors(min_count=4).fit(["a a a a b"])


def test_min_count_and_max_vocab_limit_the_vocabulary():
    texts = ["a a a a b b b c c d"] * 3
    assert small_vectors(min_count=6).fit(texts).words == ["a", "b", "c"]
    assert small_vectors(max_vocab=2).fit(texts).words == ["a", "b"]


def test_words_that_are_not_utf8_survive(tmp_path):
    corpus = tmp_path / "corpus.txt"
    corpus.write_bytes(b"caf\xe9 au lait\n" * 50)
    wv = small_vectors().fit(corpus)
    assert wv["caf\udce9"].any()
    np.testing.assert_array_equal(wv["caf\udce9"], wv[b"caf\xe9"])
    for suffix in (".textspace", ".bin", ".vec"):
        wv.save(tmp_path / f"wv{suffix}")
        np.testing.assert_allclose(textspace.load(tmp_path / f"wv{suffix}")[b"caf\xe9"], wv[b"caf\xe9"], atol=1e-7)


@pytest.mark.parametrize("max_n", [0, 4])
def test_a_corpus_in_a_temporary_file_gives_the_same_vectors(max_n):
    in_memory = small_vectors(max_n=max_n).fit(topic_texts(100))
    in_file = small_vectors(max_n=max_n, memory_budget=0).fit(topic_texts(100))
    np.testing.assert_array_equal(in_memory.vectors, in_file.vectors)


class Interrupter(Callback):
    def __init__(self, error=KeyboardInterrupt):
        self.error, self.n_reports = error, 0

    def on_progress(self, progress):
        self.n_reports += 1
        if progress.n_words > 0:
            raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt, LookupError])
def test_an_interrupted_fit_changes_nothing(error):
    wv = small_vectors()
    with pytest.raises(error):
        wv.set_params(epochs=10**6).fit(topic_texts(), callbacks=[Interrupter(error)])
    assert not hasattr(wv, "vocabulary_")
    wv.set_params(epochs=1).fit(topic_texts(50))
    before = wv.vectors.copy()
    for train in (wv.fit, wv.partial_fit):
        wv.set_params(epochs=10**6)
        with pytest.raises(error):
            train(topic_texts(), callbacks=[Interrupter(error)])
        np.testing.assert_array_equal(wv.vectors, before)
        assert not wv.interrupted_


def test_an_interrupted_fit_can_keep_what_is_trained(tmp_path):
    wv = small_vectors(epochs=10**6).fit(topic_texts(), callbacks=[Interrupter()], on_interrupt="keep")
    assert wv.interrupted_
    assert 0 < wv.history_[-1].epoch < 10**6
    assert wv["apple"].any()
    wv.save(tmp_path / "wv.textspace")
    with pytest.raises(LookupError):
        wv.fit(topic_texts(), callbacks=[Interrupter(LookupError)], on_interrupt="keep")


@pytest.mark.parametrize("n_threads", [1, 3])
def test_ctrl_c_stops_the_threads_within_a_second(n_threads):
    wv = small_vectors(epochs=10**6, n_threads=n_threads)
    interrupter = threading.Timer(0.3, _thread.interrupt_main)
    interrupter.start()
    begin = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        wv.fit(topic_texts())
    assert time.perf_counter() - begin < 1.3
    interrupter.join()


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
    wv.partial_fit(topic_texts(20), epochs=1)
    wv.save(path)
    np.testing.assert_array_equal(textspace.load(path).vectors, wv.vectors)


def test_a_model_that_was_searched_can_be_copied(fitted):
    found = fitted.nearest("apple", k=3)
    twin = pickle.loads(pickle.dumps(fitted))
    assert twin.nearest("apple", k=3) == found
