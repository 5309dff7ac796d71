"""`Explanation` for people, and the contributions it shows against the model's own scores."""

import html
import re

from textspace.classification.explanation import Contribution, Explanation

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def explanation(**changed):
    contributions = (
        Contribution("word", "not", -0.5, 0, 1),
        Contribution("word", "good", 0.75, 1, 2),
        Contribution("subword", "<go", 0.25, 1, 2),
        Contribution("ngram", "not good", -1.5, 0, 2),
        Contribution("word", "good", 0.5, 3, 4),
    )
    fields = {
        "label": "praise",
        "score": -0.25,
        "offset": 0.25,
        "probability": 0.4378,
        "tokens": ("not", "good", "__label__x", "good"),
        "contributions": contributions,
    }
    return Explanation(**fields | changed)


def test_token_values_share_out_the_ngrams():
    why = explanation()
    assert why.token_values == (-1.25, 0.25, 0.0, 0.5)
    assert sum(why.token_values) == sum(found.value for found in why.contributions) == why.score - why.offset


def test_top_adds_up_occurrences_and_sorts_by_size():
    assert explanation().top() == [
        ("ngram", "not good", -1.5, 1),
        ("word", "good", 1.25, 2),
        ("word", "not", -0.5, 1),
        ("subword", "<go", 0.25, 1),
    ]
    assert len(explanation().top(2)) == 2
    assert len(explanation().top(None)) == 4


def test_text_without_color():
    assert explanation().to_text(color=False, k=2).splitlines() == [
        "praise: score -0.250 (offset +0.250), probability 0.438",
        "not good __label__x good",
        "-1.500  ngram    not good",
        "+1.250  word     good x2",
    ]
    assert "offset" not in explanation(offset=0.0).to_text(color=False)


def test_text_with_color():
    colored = explanation().to_text(color=True)
    assert ANSI.sub("", colored) == explanation().to_text(color=False)
    against, weakly_for, neither, strongly_for = colored.splitlines()[1].split(" ")
    assert against == "\x1b[30;48;5;209mnot\x1b[0m"
    assert weakly_for == "\x1b[30;48;5;195mgood\x1b[0m"
    assert neither == "__label__x"
    assert strongly_for == "\x1b[30;48;5;159mgood\x1b[0m"


def test_color_is_for_terminals(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert repr(explanation()) == str(explanation()) == explanation().to_text(color=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert repr(explanation()) == explanation().to_text(color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert repr(explanation()) == explanation().to_text(color=False)


def test_a_text_cannot_command_the_terminal_or_the_page():
    odd = "\x1b[2J<script>alert('&')</script>\ud800\x07"
    why = explanation(
        label=odd, tokens=(odd,), contributions=(Contribution("word", odd, 1.0, 0, 1),), score=1.0, offset=0.0
    )
    plain = why.to_text(color=False)
    assert "\x1b" not in plain and "\x07" not in plain
    plain.encode()
    page = why._repr_html_()
    page.encode()
    assert "<script" not in page
    assert page.count(html.escape("<script>alert('&')</script>")) == 3


def test_html_shows_the_same(monkeypatch):
    page = explanation()._repr_html_()
    assert re.findall(r'<span style="background:rgba\(([\d,]+),([\d.]+)\)" title="([^"]+)">([^<]+)</span>', page) == [
        ("235,120,20", "1.00", "-1.250", "not"),
        ("33,120,220", "0.20", "+0.250", "good"),
        ("33,120,220", "0.40", "+0.500", "good"),
    ]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", page)[:3] == ["-1.500", "ngram", "not good"]
    assert "__label__x" in page
    assert re.sub(r"<[^>]+>", "", page).startswith("praise: score -0.250 (offset +0.250), probability 0.438")


def test_a_text_without_words():
    empty = explanation(tokens=(), contributions=(), score=0.0, offset=0.0)
    assert empty.top() == []
    assert empty.to_text(color=True) == "praise: score 0.000, probability 0.438\n"
    assert "<table></table>" in empty._repr_html_()


def test_without_a_standard_output_there_is_no_color(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    assert "\x1b" not in explanation().to_text()
