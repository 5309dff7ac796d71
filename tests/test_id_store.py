import numpy as np
import pytest

from textspace.text import id_store
from textspace.text.id_store import IdStore

EVERYTHING, NOTHING = 2**31, 0


@pytest.fixture(params=[EVERYTHING, 100, NOTHING])
def memory_budget(request):
    return request.param


def pieces(rng):
    return [rng.integers(-1, 50, n).astype(np.int32) for n in (0, 3, 1, 0, 40, 7, 7, 7, 100, 0, 2)]


def test_what_is_taken_is_what_was_added(memory_budget, monkeypatch):
    monkeypatch.setattr(id_store, "_BLOCK", 16)
    given = pieces(np.random.default_rng(0))
    store = IdStore(memory_budget=memory_budget, n_threads=2)
    for ids in given:
        store.append(ids.copy())
        ids_of_caller = ids.copy()
        store.append(ids_of_caller)
        ids_of_caller[:] = -7  # is the caller's own
    expected = np.concatenate([each for ids in given for each in (ids, ids)])
    assert len(store) == expected.size
    np.testing.assert_array_equal(store.take(), expected)
    store.close()


def test_ids_are_added_after_a_renumbering(memory_budget, monkeypatch):
    monkeypatch.setattr(id_store, "_BLOCK", 16)
    given = pieces(np.random.default_rng(1))
    new_ids = np.where(np.arange(50) % 3 == 0, -2, np.arange(50) // 2).astype(np.int32)
    store = IdStore(memory_budget=memory_budget, n_threads=2)
    for ids in given:
        store.append(ids)
    store.renumber(new_ids)
    store.append(np.empty(0, np.int32))
    for ids in given:
        store.append(ids)
    before = np.concatenate(given)
    renumbered = np.where(before == -1, -1, new_ids[before])
    expected = np.append(renumbered[renumbered != -2], before)
    assert len(store) == expected.size
    np.testing.assert_array_equal(store.take(), expected)
    store.close()


def test_an_empty_store_gives_nothing(memory_budget):
    store = IdStore(memory_budget=memory_budget, n_threads=1)
    assert store.take().size == 0
