"""Analogies: the kernel, reading questions, scores by section."""

import math
import signal
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference_search as ref
from instruction_sets import instruction_set
from textspace import _core
from textspace.errors import FormatError
from textspace.evaluation import AnalogyScore, AnalogySection, evaluate_analogies, read_analogies
from textspace.search import ExactIndex
from textspace.text.vocabulary import Vocabulary

METHODS = ["3cosadd", "3cosmul"]


def assert_best(rows, questions, answers, method, n_answer_rows):
    """Answers are the reference's, or as good as float32 can tell."""
    for question, found in zip(questions.tolist(), answers.tolist(), strict=True):
        expected = ref.answer(rows, question, method, n_answer_rows)
        if found != expected:
            scores = ref.analogy_scores(rows, question, method)
            assert min(found, expected) >= 0
            assert found < n_answer_rows
            assert found not in question
            assert rows[found].any()
            assert scores[found] == pytest.approx(scores[expected], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("n_rows", "dim"), [(4, 1), (15, 3), (64, 16), (65, 17), (200, 5), (2500, 31)])
def test_answers_are_the_references(isa, method, n_rows, dim):
    rng = np.random.default_rng(n_rows)
    rows = rng.standard_normal((n_rows, dim)).astype(np.float32)
    rows[rng.integers(0, n_rows, n_rows // 9)] = 0
    questions = rng.integers(0, n_rows, (20, 3))
    for n_answer_rows in (None, 1, n_rows // 2, n_rows, n_rows + 5):
        answers = ExactIndex(rows, n_threads=2).answer_analogies(questions, method=method, n_answer_rows=n_answer_rows)
        assert answers.dtype == np.int32
        assert_best(rows, questions, answers, method, min(n_answer_rows or n_rows, n_rows))


@given(
    seed=st.integers(0, 2**32 - 1),
    n_rows=st.integers(1, 90),
    n_questions=st.integers(0, 30),
    isa=st.sampled_from(_core.available_isas()),
)
@settings(deadline=None, max_examples=150)
def test_of_equally_good_rows_the_first_is_the_answer(seed, n_rows, n_questions, isa):
    rng = np.random.default_rng(seed)
    # Four ones or minus ones a row: norms and cosines are exact, and ties abound.
    rows = np.zeros((n_rows, 6), dtype=np.float32)
    for row in rows:
        row[rng.choice(6, 4, replace=False)] = rng.choice([-1, 1], 4)
    rows[rng.random(n_rows) < 0.1] = 0
    questions = rng.integers(0, n_rows, (n_questions, 3))
    with instruction_set(isa):
        answers = ExactIndex(rows, n_threads=3).answer_analogies(questions)
    assert answers.tolist() == [ref.answer(rows, question, "3cosadd", n_rows) for question in questions.tolist()]


@pytest.mark.parametrize("method", METHODS)
def test_more_words_than_a_batch_holds_and_any_number_of_threads(isa, method):
    rng = np.random.default_rng(9)
    rows = rng.standard_normal((5000, 10)).astype(np.float32)
    questions = rng.integers(0, 5000, (900, 3))
    answers = ExactIndex(rows, n_threads=1).answer_analogies(questions, method=method)
    for n_threads in (2, 5):
        assert (
            ExactIndex(rows, n_threads=n_threads).answer_analogies(questions, method=method).tolist()
            == answers.tolist()
        )
    one_by_one = [ExactIndex(rows).answer_analogies(questions[i : i + 1], method=method)[0] for i in range(0, 900, 90)]
    assert one_by_one == answers[::90].tolist()
    assert_best(rows, questions[::30], answers[::30], method, 5000)


@pytest.mark.parametrize("method", METHODS)
def test_the_first_of_equal_rows_is_the_answer_whichever_thread_finds_it(method):
    rng = np.random.default_rng(11)
    rows = np.tile(rng.standard_normal((500, 20)).astype(np.float32), (60, 1))
    questions = rng.integers(0, 500, (500, 3))
    answers = ExactIndex(rows, n_threads=4).answer_analogies(questions, method=method)
    # A row that equals a word of the question is no word of the question: its first copy is a good answer.
    assert (answers < 1000).all()
    first = ExactIndex(rows[:1000], n_threads=1).answer_analogies(questions, method=method)
    assert answers.tolist() == first.tolist()


def test_a_known_case_where_the_methods_differ():
    # d = 3 is close to b and c but also to a; d = 4 is balanced, which the product favours.
    rows = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0.2, 0.95, 0.02, 0], [-0.3, 0.5, 0.3, 0.7]], np.float32)
    scores = {method: ref.analogy_scores(rows, (0, 1, 2), method) for method in METHODS}
    expected = {method: 3 + int(np.argmax(scores[method][3:])) for method in METHODS}
    for method in METHODS:
        assert ExactIndex(rows).answer_analogies([[0, 1, 2]], method=method).tolist() == [expected[method]]


@pytest.mark.parametrize(
    ("questions", "options", "error", "message"),
    [
        ([[0, 1]], {}, ValueError, r"`questions` must have the shape \(Q, 3\)"),
        ([0, 1, 2], {}, ValueError, r"`questions` must have the shape \(Q, 3\)"),
        ([[0, 1, 4]], {}, ValueError, "`questions` must hold rows from 0 to 3, got 4"),
        ([[0, -1, 2]], {}, ValueError, "`questions` must hold rows from 0 to 3, got -1"),
        ([[0, 1, 0.5]], {}, TypeError, "`questions` must hold integers"),
        ([[0, 1, 2]], {"method": "cos"}, ValueError, "`method` must be one of"),
        ([[0, 1, 2]], {"n_answer_rows": 0}, ValueError, "`n_answer_rows` must be >= 1"),
    ],
)
def test_bad_questions(questions, options, error, message):
    with pytest.raises(error, match=message):
        ExactIndex(np.eye(4)).answer_analogies(questions, **options)


def test_analogies_need_cosines():
    with pytest.raises(ValueError, match='similarity="cosine"'):
        ExactIndex(np.eye(4), similarity="dot").answer_analogies([[0, 1, 2]])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"questions": np.array([[0, 1, 4]], np.int32)}, "`questions` must hold row numbers"),
        ({"questions": np.array([[0, 1, -1]], np.int32)}, "`questions` must hold row numbers"),
        ({"n_answer_rows": 5}, "n_answer_rows"),
        ({"n_answer_rows": -1}, "n_answer_rows"),
        ({"n_threads": 0}, "n_threads"),
        ({"answers_out": np.empty(2, np.int32)}, "answers_out"),
    ],
)
def test_the_kernel_refuses_what_does_not_fit(change, message):
    packed = _core.PackedRows(np.eye(4, dtype=np.float32), normalized=True, n_threads=1)
    arguments = {"questions": np.array([[0, 1, 2]], np.int32), "by_product": False, "n_answer_rows": 4, "n_threads": 1}
    arguments["answers_out"] = np.empty(1, np.int32)
    packed.answer_analogies(**arguments)
    with pytest.raises(ValueError, match=message):
        packed.answer_analogies(**(arguments | change))


def test_ctrl_c_stops_the_answers():
    with instruction_set("baseline"):
        rng = np.random.default_rng(8)
        index = ExactIndex(rng.standard_normal((50_000, 64)), n_threads=2)
        questions = rng.integers(0, 50_000, (100_000, 3))
        timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            index.answer_analogies(questions)
        timer.join()


def write(tmp_path, content):
    path = tmp_path / "questions.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_sections_are_read(tmp_path):
    text = "\ufeffa b c d\r\n: family\r\nman woman king  queen \r\n\r\n:gram1-plural\na b c d\ne f g h\n: empty\n"
    assert read_analogies(write(tmp_path, text)) == [
        AnalogySection("", (("a", "b", "c", "d"),)),
        AnalogySection("family", (("man", "woman", "king", "queen"),)),
        AnalogySection("gram1-plural", (("a", "b", "c", "d"), ("e", "f", "g", "h"))),
        AnalogySection("empty", ()),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b c d\na b c\n", "line 2: expected four words"),
        ("a b c d e", "line 1: expected"),
        (": a\n", "no line"),
        ("", "no line"),
    ],
)
def test_damaged_questions(tmp_path, text, message):
    with pytest.raises(FormatError, match=message):
        read_analogies(write(tmp_path, text))


@given(content=st.binary(max_size=200) | st.text("ab:\t \n\ré", max_size=200).map(str.encode))
@settings(deadline=None, max_examples=300)
def test_any_bytes_give_questions_or_a_format_error(tmp_path_factory, content):
    path = write(tmp_path_factory.getbasetemp(), content)
    try:
        sections = read_analogies(path)
    except FormatError:
        return
    assert sum(len(section.questions) for section in sections) > 0


def test_real_questions(shared):
    google = read_analogies(shared / "data" / "similarity" / "en-google-analogies.txt")
    assert len(google) == 14
    assert sum(len(section.questions) for section in google) == 19544
    assert google[0].name == "capital-common-countries"
    assert sum(section.name.startswith("gram") for section in google) == 9
    german = read_analogies(shared / "data" / "similarity" / "de-syntactic-analogies.txt")
    assert len(german) == 20
    assert sum(len(section.questions) for section in german) == 10000
    assert german[0].questions[0] == ("Abbildung", "Abbildungen", "Ergebnis", "Ergebnisse")


WORDS = ["man", "woman", "king", "queen", "cat", "cats", "dog", "dogs", "Paris"]
ROWS = np.array(
    [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [1, 0, 1, 0],
        [1, 1, 1, 0],
        [0, 0, 0, 1],
        [0, 3, 0, 1],
        [0, 0, 1, 3],
        [0, 3, 1, 3],
        [9, 1, 1, 9],
    ],
    dtype=np.float32,
)
SECTIONS = [
    AnalogySection(
        "family", (("man", "woman", "king", "queen"), ("man", "woman", "king", "king"), ("man", "x", "king", "queen"))
    ),
    AnalogySection("gram8-plural", (("Cat", "CATS", "dog", "Dogs"),)),
    AnalogySection("empty", ()),
]


def evaluate(sections=SECTIONS, **options):
    return evaluate_analogies(ExactIndex(ROWS), sections, vocabulary=Vocabulary.from_words(WORDS), **options)


def test_scores_by_section_and_kind():
    result = evaluate()
    assert result.sections == (
        AnalogyScore("family", n_correct=1, n_answered=2, n_questions=3),
        AnalogyScore("gram8-plural", n_correct=1, n_answered=1, n_questions=1),
        AnalogyScore("empty", n_correct=0, n_answered=0, n_questions=0),
    )
    assert result.total == AnalogyScore("total", n_correct=2, n_answered=3, n_questions=4)
    assert result.semantic == AnalogyScore("semantic", n_correct=1, n_answered=2, n_questions=3)
    assert result.syntactic == AnalogyScore("syntactic", n_correct=1, n_answered=1, n_questions=1)
    assert result.total.accuracy == pytest.approx(2 / 3)
    assert math.isnan(result.sections[2].accuracy)


def test_without_googles_names_only_the_total_is_given():
    result = evaluate([AnalogySection("nouns", SECTIONS[0].questions)])
    assert (result.semantic, result.syntactic) == (None, None)
    assert result.total.n_questions == 3


def test_no_sections():
    assert evaluate([]).total == AnalogyScore("total", n_correct=0, n_answered=0, n_questions=0)


@pytest.mark.parametrize(("case", "n_answered"), [("fold", 1), ("keep", 0), ("lower", 1)])
def test_case(case, n_answered):
    assert evaluate(SECTIONS[1:2], case=case).total.n_answered == n_answered


def test_keep_and_fold_find_capitals_that_lower_does_not():
    section = [AnalogySection("x", (("Paris", "man", "woman", "king"),))]
    assert [evaluate(section, case=case).total.n_answered for case in ("fold", "keep", "lower")] == [1, 1, 0]


def test_restricting_the_vocabulary_restricts_questions_and_answers():
    assert evaluate(restrict_vocabulary=4).total == AnalogyScore("total", n_correct=1, n_answered=2, n_questions=4)
    assert evaluate(restrict_vocabulary=3).total == AnalogyScore("total", n_correct=0, n_answered=1, n_questions=4)
    assert evaluate(restrict_vocabulary=1000) == evaluate()
    with pytest.raises(ValueError, match="`restrict_vocabulary` must be >= 1"):
        evaluate(restrict_vocabulary=0)


def test_a_capitalized_word_beyond_the_limit_folds_to_one_within():
    vocabulary = Vocabulary.from_words(["man", "woman", "king", "queen", "King"])
    rows = np.concatenate([ROWS[:4], [[0, -1, 0, 0]]])
    sections = [AnalogySection("", (("man", "woman", "King", "queen"),))]
    found = [
        evaluate_analogies(ExactIndex(rows), sections, vocabulary=vocabulary, restrict_vocabulary=limit).total.n_correct
        for limit in (4, None)
    ]
    assert found == [1, 0]


def test_the_index_must_have_a_row_a_word():
    with pytest.raises(ValueError, match="`index` must have a row for each of the 3 words, got 9"):
        evaluate_analogies(ExactIndex(ROWS), SECTIONS, vocabulary=Vocabulary.from_words(["a", "b", "c"]))
