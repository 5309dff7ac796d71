"""Word similarity: reading test sets, Spearman's correlation, evaluation."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from textspace.errors import FormatError
from textspace.evaluation import WordPair, evaluate_similarity, read_word_pairs
from textspace.evaluation.spearman import average_ranks, spearman_correlation
from textspace.text.vocabulary import Vocabulary

few_values = st.lists(st.tuples(st.integers(-3, 3), st.floats(-1, 1)), min_size=2, max_size=60)


@given(few_values)
def test_ranks_are_scipys(values):
    for column in zip(*values, strict=True):
        assert average_ranks(column).tolist() == scipy.stats.rankdata(column).tolist()


@given(few_values)
def test_correlation_is_scipys(values):
    x, y = zip(*values, strict=True)
    ours = spearman_correlation(x, y)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert math.isnan(ours)
    else:
        assert ours == pytest.approx(scipy.stats.spearmanr(x, y).statistic, abs=1e-12)


def test_correlation_of_ranks_that_agree_is_exactly_one():
    assert spearman_correlation([3, 1, 2, 2], [9, 1, 4, 4]) == 1
    assert spearman_correlation([1, 2, 3], [3, 2, 1]) == -1
    assert math.isnan(spearman_correlation([], []))
    assert math.isnan(spearman_correlation([1], [1]))


def write(tmp_path, content):
    path = tmp_path / "pairs.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "cup\tmug\t9.5\nNew York\tcity\t7\n",
        "cup\tmug\t9.5\tM\r\nNew York\tcity\t7\tM\r\n",
        "#Word1:Word2:Gold\ncup:mug:9.5:n:n\nNew York:city:7",
        "\ufeffWord 1\tWord 2\tHuman (mean)\ncup\tmug\t9.5\n\n  \nNew York\tcity\t7\t1\t2\n",
        "# comment\n\ncup : mug : 9.5\n# New York\tcity\t8\nNew York:city:7\n",
    ],
)
def test_formats_of_pairs(tmp_path, text):
    assert read_word_pairs(write(tmp_path, text)) == [WordPair("cup", "mug", 9.5), WordPair("New York", "city", 7.0)]


def test_pairs_separated_by_spaces(tmp_path):
    assert read_word_pairs(write(tmp_path, "w1 w2 score\na  b 1e-1 x\n12:30 b -2")) == [
        ("a", "b", 0.1),
        ("12:30", "b", -2),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b 1\na b\n", "line 2: expected `word word score`, got 'a b'"),
        ("a b 1\n\na b high\n", "line 3: expected"),
        ("a b 1\na b nan", "line 2: expected"),
        ("a b 1\na\t\t2", "line 2: expected"),
        ("word word score\n", "no line"),
        ("", "no line"),
    ],
)
def test_damaged_pairs(tmp_path, text, message):
    with pytest.raises(FormatError, match=message):
        read_word_pairs(write(tmp_path, text))


@given(content=st.binary(max_size=200) | st.text("ab:\t 1.\n\r#é", max_size=200).map(str.encode))
@settings(deadline=None, max_examples=300)
def test_any_bytes_give_pairs_or_a_format_error(tmp_path_factory, content):
    path = write(tmp_path_factory.getbasetemp(), content)
    try:
        pairs = read_word_pairs(path)
    except FormatError:
        return
    assert pairs
    assert all(first and second and math.isfinite(score) for first, second, score in pairs)


@pytest.mark.parametrize(
    ("name", "n_pairs", "first"),
    [
        ("en-ws353", 353, ("love", "sex", 6.77)),
        ("en-simlex999", 999, ("old", "new", 1.58)),
        ("en-mturk771", 771, ("access", "gateway", 3.791666667)),
        ("de-gur65", 65, ("Auto", "Fahrt", 2.75)),
        ("de-zg222", 222, ("Abweichung", "sortieren", 2)),
    ],
)
def test_real_sets(shared, name, n_pairs, first):
    pairs = read_word_pairs(shared / "data" / "similarity" / f"{name}.txt")
    assert len(pairs) == n_pairs
    assert pairs[0] == first


VECTORS = {"cup": [1, 0], "mug": [1, 0.5], "car": [0, 1], "Bus": [0.5, 2], "bus": [-1, 0], "Tea": [3, 1], "oov": [0, 0]}


def vectors_of(words):
    return np.array([VECTORS.get(word, [0, 0]) for word in words], dtype=np.float32)


def test_each_kind_of_pair_is_counted_and_correlated():
    vocabulary = Vocabulary.from_words(["cup", "mug", "car"])
    pairs = [
        ("cup", "mug", 4),
        ("mug", "car", 2),
        ("cup", "car", 3),
        ("cup", "Tea", 9),
        ("car", "oov", 1),
        ("no", "cup", 5),
    ]
    result = evaluate_similarity(vectors_of, pairs, vocabulary=vocabulary)
    counts = (result.n_pairs, result.n_in_vocabulary, result.n_out_of_vocabulary, result.n_without_vector)
    assert counts == (6, 3, 1, 2)
    units = {word: np.array(vector) / max(1e-9, np.linalg.norm(vector)) for word, vector in VECTORS.items()}
    cosines = [units[first] @ units[second] for first, second, _ in pairs[:4]]
    assert result.spearman_in_vocabulary == pytest.approx(scipy.stats.spearmanr(cosines[:3], [4, 2, 3]).statistic)
    assert result.spearman_all == pytest.approx(scipy.stats.spearmanr(cosines, [4, 2, 3, 9]).statistic)
    assert result.spearman_in_vocabulary != result.spearman_all


@pytest.mark.parametrize(
    ("case", "asked", "n_in_vocabulary"),
    [
        ("fold", ["Bus", "cup", "mug", "TEA"], 3),
        ("keep", ["Bus", "Cup", "mug", "TEA"], 1),
        ("lower", ["bus", "cup", "mug", "tea"], 1),
    ],
)
def test_case(case, asked, n_in_vocabulary):
    seen = []

    def spy(words):
        seen.extend(words)
        return vectors_of(words) + np.float32(0.1)

    vocabulary = Vocabulary.from_words(["Bus", "cup", "mug"])
    pairs = [("Bus", "Cup", 1), ("mug", "TEA", 2), ("Cup", "mug", 3), ("Bus", "mug", 4)]
    result = evaluate_similarity(spy, pairs, vocabulary=vocabulary, case=case)
    assert seen == asked
    assert result.n_in_vocabulary == n_in_vocabulary


def test_no_pairs():
    result = evaluate_similarity(vectors_of, [], vocabulary=Vocabulary.from_words(["cup"]))
    assert result.n_pairs == 0
    assert math.isnan(result.spearman_all)


@pytest.mark.parametrize(
    ("function", "pairs", "options", "message"),
    [
        (vectors_of, [("a", "b", math.nan)], {}, "`pairs` must have finite scores, got nan"),
        (lambda words: np.full((len(words), 2), np.inf), [("a", "b", 1)], {}, "`vectors_of` must give finite vectors"),
        (lambda words: np.zeros((1, 2)), [("a", "b", 1)], {}, "`vectors_of` must give 2 rows"),
        (vectors_of, [("a", "b", 1)], {"case": "upper"}, "`case` must be one of"),
    ],
)
def test_bad_arguments(function, pairs, options, message):
    with pytest.raises(ValueError, match=message):
        evaluate_similarity(function, pairs, vocabulary=Vocabulary.from_words(["cup"]), **options)
