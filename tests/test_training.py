"""The loop around a trainer, its callbacks and errors; matrices and subsampling."""

import _thread
import math
import threading
import time

import numpy as np
import pytest

import reference_vectors as ref
from textspace.errors import TrainingDivergedError
from textspace.training.callbacks import Callback
from textspace.training.loop import run_training
from textspace.training.matrices import BLOCK_ROWS, empty_matrix, is_finite, padded_dim, random_matrix, zero_matrix
from textspace.training.subsampling import keep_probability


class FakeTrainer:
    """Counts words in a thread; the loss of each falls from 4 to 2, and may become a NaN on the way."""

    def __init__(self, *, total=1000, seconds=0.4, nan_after=math.inf):
        self.total, self.seconds, self.nan_after = total, seconds, nan_after
        self.words, self.loss = 0, 0.0
        self.asked_to_stop, self.joined = False, False
        self.thread = threading.Thread(target=self.work)

    def work(self):
        begin = time.perf_counter()
        while self.words < self.total and not self.asked_to_stop:
            time.sleep(0.002)
            words = min(self.total, int(self.total * (time.perf_counter() - begin) / self.seconds))
            self.loss += (words - self.words) * (4 - 2 * words / self.total)
            self.words = words
            if words > self.nan_after:
                self.loss = math.nan

    def start(self):
        self.thread.start()

    def progress(self):
        return self.words, self.loss, float(self.words)

    def running(self):
        return self.thread.is_alive()

    def stop(self):
        self.asked_to_stop = True

    def join(self):
        self.thread.join()
        self.joined = True


class Recorder(Callback):
    def __init__(self):
        self.total, self.progress, self.end = None, [], []

    def on_start(self, total_words):
        self.total = total_words

    def on_progress(self, progress):
        self.progress.append(progress)

    def on_end(self, progress):
        self.end.append(progress)


class Raiser(Recorder):
    def __init__(self, method, error):
        super().__init__()
        self.method, self.error = method, error

    def on_start(self, total_words):
        if self.method == "on_start":
            raise self.error

    def on_progress(self, progress):
        super().on_progress(progress)
        if self.method == "on_progress":
            raise self.error


def run(trainer, *callbacks, **options):
    return run_training(
        trainer, words_per_epoch=trainer.total // 4, epochs=4, learning_rate=0.1, callbacks=callbacks, **options
    )


def test_a_run_reports_about_ten_times_a_second_and_keeps_its_history():
    trainer, recorder = FakeTrainer(seconds=0.55), Recorder()
    result = run(trainer, recorder)
    assert not result.interrupted
    assert trainer.joined
    assert recorder.total == 1000
    assert 3 <= len(recorder.progress) <= 8
    assert len(recorder.end) == 1
    end = recorder.end[0]
    assert (end.fraction, end.epoch, end.n_words, end.learning_rate, end.seconds_left) == (1, 4, 1000, 0, 0)
    assert end.words_per_second == pytest.approx(1000 / 0.55, rel=0.3)
    for progress in recorder.progress[1:]:
        assert progress.learning_rate == pytest.approx(ref.learning_rate_at(progress.n_words, 1000, 0.1))
        assert progress.epoch == pytest.approx(progress.n_words / 250)
        left = (1000 - progress.n_words) / progress.words_per_second
        assert progress.seconds_left == pytest.approx(left)
    losses = [record.loss for record in result.history]
    assert losses == sorted(losses, reverse=True)
    assert result.history[-1].n_words == 1000
    assert result.history[-1].epoch == 4
    # The records' losses are means over disjoint stretches that cover the run.
    words = [0] + [record.n_words for record in result.history]
    total = sum(loss * n for loss, n in zip(losses, np.diff(words), strict=True))
    assert total == pytest.approx(trainer.loss)


def test_history_has_at_most_a_record_a_percent():
    trainer = FakeTrainer(total=10**6, seconds=0.3)
    assert len(run(trainer).history) <= 101


def test_a_short_run_does_not_wait_for_a_poll():
    trainer = FakeTrainer(seconds=0.001)
    begin = time.perf_counter()
    result = run(trainer)
    assert time.perf_counter() - begin < 0.045
    assert [record.n_words for record in result.history][-1] == 1000


@pytest.mark.parametrize("on_interrupt", ["raise", "keep"])
def test_interrupt_stops_the_threads_within_a_second(on_interrupt):
    trainer, recorder = FakeTrainer(seconds=60), Recorder()
    interrupter = threading.Timer(0.3, _thread.interrupt_main)
    interrupter.start()
    begin = time.perf_counter()
    if on_interrupt == "raise":
        with pytest.raises(KeyboardInterrupt):
            run(trainer, recorder)
    else:
        result = run(trainer, recorder, on_interrupt="keep")
        assert result.interrupted
        assert 0 < result.history[-1].n_words < 1000
        assert recorder.end[0].n_words == result.history[-1].n_words
    interrupter.join()
    assert time.perf_counter() - begin < 1.3
    assert trainer.joined
    assert not trainer.running()
    assert len(recorder.end) == 1


def test_an_error_in_a_callback_stops_the_threads_and_ends_every_callback():
    trainer, before, after = FakeTrainer(seconds=60), Recorder(), Recorder()
    raiser = Raiser("on_progress", LookupError("mine"))
    with pytest.raises(LookupError, match="mine"):
        run(trainer, before, raiser, after)
    assert trainer.joined
    assert not trainer.running()
    assert [len(callback.end) for callback in (before, raiser, after)] == [1, 1, 1]
    assert len(after.progress) == 0


def test_an_error_at_the_start_starts_nothing_and_ends_those_that_had_started():
    trainer, before, after = FakeTrainer(), Recorder(), Recorder()
    with pytest.raises(LookupError):
        run(trainer, before, Raiser("on_start", LookupError()), after)
    assert trainer.thread.ident is None
    assert [len(callback.end) for callback in (before, after)] == [1, 0]


def test_a_loss_that_is_not_finite_stops_the_training():
    trainer, recorder = FakeTrainer(seconds=60, nan_after=2), Recorder()
    with pytest.raises(TrainingDivergedError, match=r"loss became nan after 0\.\d% .* lower `learning_rate`, got 0\.1"):
        run(trainer, recorder)
    assert not trainer.running()
    assert len(recorder.end) == 1


def test_a_loss_that_is_not_finite_at_the_very_end_is_seen():
    with pytest.raises(TrainingDivergedError):
        run(FakeTrainer(seconds=0.001, nan_after=0))


@pytest.mark.parametrize(("dim", "padded"), [(1, 16), (16, 16), (17, 32), (100, 112), (300, 304)])
def test_matrices_are_padded_aligned_and_uniform(dim, padded):
    matrix = random_matrix(2 * BLOCK_ROWS + 5, dim, seed=7)
    assert padded_dim(dim) == padded
    assert matrix.shape == (2 * BLOCK_ROWS + 5, padded)
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    assert matrix.flags.writeable
    assert matrix.ctypes.data % 64 == 0
    assert not matrix[:, dim:].any()
    values = matrix[:, :dim] * dim
    assert -1 <= values.min() < -0.99
    assert 0.99 < values.max() <= 1
    assert abs(values.mean()) < 5 / np.sqrt(3 * values.size)
    assert values.var() == pytest.approx(1 / 3, rel=0.05)
    assert np.unique(values[:, 0]).size > 0.99 * len(values)
    zeros = zero_matrix(3, dim)
    assert zeros.shape == (3, padded)
    assert not zeros.any()
    assert zeros.ctypes.data % 64 == 0


def test_random_matrix_depends_on_the_seed_alone():
    one = random_matrix(2 * BLOCK_ROWS + 5, 20, seed=7)
    np.testing.assert_array_equal(one, random_matrix(2 * BLOCK_ROWS + 5, 20, seed=7, n_threads=3))
    assert (one != random_matrix(len(one), 20, seed=8))[:, :20].mean() > 0.99
    assert (one[:BLOCK_ROWS] != one[BLOCK_ROWS : 2 * BLOCK_ROWS])[:, :20].mean() > 0.99
    assert empty_matrix(0, 20).shape == (0, 32)
    assert random_matrix(0, 20, seed=1).shape == (0, 32)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, BLOCK_ROWS - 1, BLOCK_ROWS, 2 * BLOCK_ROWS + 2])
def test_is_finite_sees_every_row(bad, row):
    matrix = zero_matrix(2 * BLOCK_ROWS + 3, 5)
    assert is_finite(matrix)
    matrix[row, 4] = bad
    assert not is_finite(matrix)


@pytest.mark.parametrize("subsample", [0, 1e-5, 1e-3, 1])
def test_keep_probability(subsample):
    counts = np.array([90_000, 5_000, 40, 1], dtype=np.int64)
    kept = keep_probability(counts, n_tokens=100_000, subsample=subsample)
    assert kept.dtype == np.float32
    np.testing.assert_allclose(kept, ref.keep_probability(counts, 100_000, subsample), rtol=1e-6)


@pytest.mark.parametrize("callbacks", [Recorder(), ["log"], None])
def test_callbacks_are_callbacks(callbacks):
    trainer = FakeTrainer(seconds=0.1)
    with pytest.raises(TypeError, match="`callbacks` must be a list of Callback, got"):
        run_training(trainer, words_per_epoch=1, epochs=1, learning_rate=0.1, callbacks=callbacks)
    assert not trainer.joined
