# ruff: noqa: RUF001 - characters that look like others are what this is about
import gzip
import itertools
import string
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import reference_text as reference
from textspace.text import word_boundaries
from textspace.text.tokenizers import fold_words, tokenize, tokenized_blocks
from textspace.text.utf8 import to_bytes, to_text
from textspace.text.word_boundaries import _SIGNS, _by_code, unicode_words

# Characters of each class of UAX #29 that NFKC and lower-casing leave as they are.
CLASSES = {
    "ALetter": "aéжاᄂ한\u05f3ª",
    "Hebrew": "אב",
    "Katakana": "カー゠",
    "Numeric": "1٣9",
    "Joiner": "_‿",
    "Extend": "\u0315\u00ad\u200d\u200cः\ufe0f",
    "MidLetter": ":·",
    "MidNumLet": ".’",
    "Single": "'",
    "Double": '"',
    "MidNum": ",;",
    "Ideograph": "東ひ",
    "Space": " ",
    "Other": "-!€😀",
}
CLASS_OF = {character: name for name, characters in CLASSES.items() for character in characters if character != "ª"}
WORDLIKE = {"ALetter", "Hebrew", "Katakana", "Numeric", "Ideograph"}
SIGNS = set(map(chr, _by_code(_SIGNS)))  # letters and numbers for the annex, not for Python


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The quick (“brown”) fox can’t jump 32.3 feet, right?", "the quick brown fox can’t jump 32.3 feet right"),
        ("can't 'quoted' rock 'n' roll's o'clock", "can't quoted rock n roll's o'clock"),
        ("3.14 1,000,000 5. .5 1.a a.1 192.168.0.1", "3.14 1,000,000 5 5 1 a a 1 192.168.0.1"),
        ("e.g. U.S.A. example.com a..b a.b", "e.g u.s.a example.com a b a.b"),
        ("snake_case __init__ _ ___ a_1", "snake_case __init__ a_1"),
        ("state-of-the-art C++ C# a/b", "state of the art c c a b"),
        ("a1 1a abc123def", "a1 1a abc123def"),
        ("日本語 東京タワー ひらがな", "日 本 語 東 京 タワー ひ ら が な"),
        ("ﾊﾝｶｸ ｶﾞ ＡＢＣ １２３", "ハンカク ガ abc 123"),
        ("한국어 조선말", "한국어 조선말"),
        ("สวัสดีครับ ชาวโลก", "สวัสดีครับ ชาวโลก"),
        ("ភាសាខ្មែរ မြန်မာ ລາວ", "ភាសាខ្មែរ မြန်မာ ລາວ"),
        ("Ελληνικά ΌΣΟΣ", "ελληνικά όσος"),
        ("Grüße İstanbul STRASSE", "grüße i̇stanbul strasse"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ('צה"ל ר\' א"', "צה\"ל ר' א"),
        ("مرحبا بالعالم ١٢٫٥", "مرحبا بالعالم ١٢٫٥"),
        ("ﬁne ² Ⅳ ½ x² ①", "fine 2 iv 1⁄2 x2 1"),
        ("e\u0301t\u00e9 co\u00adop", "été co\u00adop"),
        ("😀 👩‍👩‍👧 ❤️ © €5 100%", "5 100"),
        ("http://a.b/c?d=e#f mail@x.org", "http a.b c d e f mail x.org"),
        ("\ufeffbom a\u00a0b a\u2028b a\u200bb", "bom a b a b a b"),
        ("", ""),
        (" \t.,;", ""),
    ],
)
def test_unicode_words(text: str, expected: str) -> None:
    assert tokenize(text, tokenizer="unicode") == expected.split()


@settings(max_examples=500)
@given(st.lists(st.sampled_from(sorted(CLASS_OF)), max_size=14).map("".join))
def test_unicode_words_are_the_segments_of_the_annex(text: str) -> None:
    # Composition may make other characters of some.
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if c in CLASS_OF)
    if unicodedata.normalize("NFKC", text) != text or departs(text):
        return
    classes = [CLASS_OF[character] for character in text]
    # Format and Extend before the first other character are no part of a word.
    segments = [text[begin:end] for begin, end in reference.word_segments(classes)]
    expected = [word.lstrip(CLASSES["Extend"]) for word in segments if WORDLIKE & {CLASS_OF[c] for c in word}]
    assert tokenize(text, tokenizer="unicode") == expected


def departs(text: str) -> bool:
    """Whether the text has an apostrophe after a Hebrew letter where we depart from the annex."""
    classes = [CLASS_OF[character] for character in text if CLASS_OF[character] != "Extend"] + ["Other"] * 3
    letters, middles = ("ALetter", "Hebrew"), ("MidLetter", "MidNumLet", "Single")
    return any(
        classes[i : i + 2] == ["Hebrew", "Single"]
        and (classes[i + 2] in ("Numeric", "Joiner") or (classes[i + 2] in middles and classes[i + 3] in letters))
        for i in range(len(classes) - 3)
    )


@pytest.mark.parametrize("text", ["א'1", "א'_", "א''א"])
def test_the_departure(text: str) -> None:
    assert departs(text)
    assert tokenize(text, tokenizer="unicode") == [c for c in text if c not in "'_"]


@pytest.mark.parametrize(("text", "expected"), [("𐐀 a", "𐐨 a"), ("x𝟙 𠀀𠀁 😀a", "x1 𠀀 𠀁 a"), ("𑄃𑄧", "𑄃𑄧")])
def test_characters_beyond_the_first_plane(text: str, expected: str) -> None:
    assert tokenize(text, tokenizer="unicode") == expected.split()


@given(st.text(max_size=40))
@example("\N{NEGATIVE SQUARED LATIN CAPITAL LETTER C}")
def test_any_text_has_unicode_words(text: str) -> None:
    for word in tokenize(text, tokenizer="unicode"):
        if word != "</s>":
            assert any(c.isalnum() or c in SIGNS for c in word)
            assert not set(word) & set(" \n\r\t\v\f\0")


def words_of_whole_lines(text: str) -> str:
    """The words without the core's shortcut: the pattern reads lines from end to end."""
    return "\n".join(" ".join(unicode_words(unicodedata.normalize("NFKC", line).lower())) for line in text.split("\n"))


def test_all_short_ascii_texts_have_the_words_of_the_pattern() -> None:
    short = itertools.chain.from_iterable(itertools.product("aZ1_:,.'- ", repeat=n) for n in range(6))
    between = (f"{a}{chr(code)}{b}" for code in range(128) for a in "aB1_" for b in "cD2_")
    text = "\n".join(itertools.chain(map("".join, short), between))
    assert fold_words(text) == words_of_whole_lines(text)


@given(st.text(string.printable + "\0\x1c\x7f", max_size=300))
def test_ascii_texts_have_the_words_of_the_pattern(text: str) -> None:
    assert fold_words(text) == words_of_whole_lines(text)


PIECES = [
    "Don't",
    "3.5",
    "_",
    "-",
    "ΌΣ",
    "Σ",
    "'Σ",
    "é",
    "\u0301a",
    "\u0345",
    "אb'",
    "'ב",
    "カ\u3099",
    "東",
    "\U00010400",
    "x" * 40,
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*PIECES, " ", " ", "  ", "\t", "\0", "\n", " " + "Plain words. " * 3])).map("".join))
def test_parts_have_the_words_of_whole_lines(text: str) -> None:
    assert fold_words(text) == words_of_whole_lines(text)
    assert b"".join(tokenized_blocks(iter([to_bytes(text + "\n")]), tokenizer="unicode", block_size=1)) == to_bytes(
        words_of_whole_lines(text) + "\n"
    )


def test_bytes_that_are_no_text_are_in_no_word() -> None:
    assert fold_words("a\udcc3\udca9b c\ud800d") == "a b c d"
    assert b"".join(tokenized_blocks(iter([b"A\xffb \xe9c\n"]), tokenizer="unicode", block_size=100)) == b"a b c\n"


def test_ascii_texts_need_no_pattern() -> None:
    word_boundaries._word_pattern.cache_clear()
    assert tokenize("Don't panic.\nx", tokenizer="unicode") == ["don't", "panic", "</s>", "x"]
    assert word_boundaries._word_pattern.cache_info().currsize == 0


@pytest.mark.parametrize("name", ["enwiki", "dewiki"])
def test_real_text_has_the_words_of_the_pattern(shared, name) -> None:
    with gzip.open(shared / "data" / "vectors" / f"{name}.txt.gz", "rt", encoding="utf-8") as file:
        text = file.read(2_000_000)
    assert fold_words(text) == words_of_whole_lines(text)


@pytest.mark.parametrize(
    "text", ["_" * 10**6, "a'" * 10**6, 'א"' * 10**6, "a" + "\u0301" * 10**6, "1." * 10**6, "'" * 10**6, "é " * 10**6]
)
def test_no_text_takes_quadratic_time(text: str) -> None:
    start = time.monotonic()
    tokenize(text, tokenizer="unicode")
    assert time.monotonic() - start < 20


@given(st.text(st.sampled_from("ab é\n\r\t\v\f\0\u00a0\udcff"), max_size=40))
def test_whitespace_as_reference(text: str) -> None:
    expected = [to_text(token) for token in reference.tokens(to_bytes(text))]
    assert tokenize(text) == expected
    lines = [[token for token in tokenize(line) if token != "</s>"] for line in text.split("\n")]
    assert tokenize(text, tokenizer=tokenize) == [
        token for i, line in enumerate(lines) for token in [*line, "</s>"][: len(line) + (i < len(lines) - 1)]
    ]


def test_a_function() -> None:
    assert tokenize("a b\nc", tokenizer=lambda line: [line.replace(" ", "_").upper()]) == ["A_B", "</s>", "C"]
    assert tokenize("a\n\n", tokenizer=lambda line: []) == ["</s>", "</s>"]
    assert tokenize("ab", tokenizer=lambda line: ["", *line, ""]) == ["a", "b"]


@pytest.mark.parametrize("separator", " \n\r\t\v\f\0")
def test_tokens_of_a_function_have_no_separators(separator: str) -> None:
    with pytest.raises(ValueError, match="`tokenizer` must return tokens without whitespace, got 'New"):
        tokenize("x", tokenizer=lambda line: ["in", f"New{separator}York"])


def test_a_function_returns_a_list_of_str() -> None:
    for result in ([1], [None], None, 3):
        with pytest.raises(TypeError, match="`tokenizer` must return a list of str"):
            tokenize("x", tokenizer=lambda line, result=result: result)  # type: ignore[misc]
    with pytest.raises(ValueError, match="`tokenizer` must be one of 'whitespace', 'unicode', got 'words'"):
        tokenize("x", tokenizer="words")


@pytest.mark.parametrize("block_size", [1, 2, 7, 100])
@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_lines_are_put_together_from_blocks(block_size: int, cut: int) -> None:
    text = to_bytes("The fox.\n\nEin Füßchen, 東京 \udcff!\nend of it\n")
    blocks = (text[pos : pos + cut] for pos in range(0, len(text), cut))
    tokenized = b"".join(tokenized_blocks(blocks, tokenizer="unicode", block_size=block_size))
    if block_size == 100:
        assert tokenized == to_bytes("the fox\n\nein füßchen 東 京\nend of it\n")
    assert tokenized.count(b"\n") == 4


def test_endless_lines_are_cut_at_a_space() -> None:
    blocks = iter([b"some wor", b"ds of a line wi", b"thout end", b"\n"])
    tokenized = list(tokenized_blocks(blocks, tokenizer="unicode", block_size=8))
    assert [part.split() for part in tokenized] == [[b"some"], [b"words", b"of", b"a", b"line"], [b"without"], [b"end"]]
    assert b"".join(tokenized) == b"some words of a line without end\n"


def test_endless_lines_without_a_space_are_cut_between_characters() -> None:
    text = "東京" * 50
    blocks = (to_bytes(text)[pos : pos + 10] for pos in range(0, 300, 10))
    tokenized = b"".join(tokenized_blocks(blocks, tokenizer="unicode", block_size=10))
    assert to_text(tokenized).split() == list(text)
