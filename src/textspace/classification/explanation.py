"""`Explanation`: what each word and n-gram of a text adds to the score of a label, to be read by people."""

from __future__ import annotations

import html
import math
import os
import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["word", "ngram", "subword"]

SHOWN_CONTRIBUTIONS = 10
# Blue speaks for the label, orange against it: people who do not tell red from green see them too.
ANSI_FOR, ANSI_AGAINST = (195, 159, 117, 75), (230, 223, 216, 209)  # of the 256-colour palette, pale to strong
HTML_FOR, HTML_AGAINST = "33,120,220", "235,120,20"
FAINTEST = 0.05  # of the strongest word: less stays without colour


class Contribution(NamedTuple):
    """What one feature of a text adds to the score of a label.

    Attributes
    ----------
    kind : {"word", "ngram", "subword"}
        A word, a run of words, or a run of characters of a word.
    text : str
        The feature.
    value : float
        What it adds.
    begin, end : int
        Its words are ``tokens[begin:end]`` of the explanation.

    Examples
    --------
    >>> Contribution("ngram", "not good", -0.7, 3, 5).value
    -0.7
    """

    kind: Kind
    text: str
    value: float
    begin: int
    end: int


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """Why a text gets its score for a label: the exact contribution of every word and n-gram.

    Attributes
    ----------
    label : str
        The label.
    score : float
        The label's logit (calibrated, if the model is): the sum of all contributions, and `offset`. With hierarchical
        softmax the sum of the log-odds of every branch on the way to the label.
    offset : float
        What does not depend on the text: the offset of the calibration; 0 without one.
    probability : float
        The probability of the label; NaN where a score has none.
    tokens : tuple of str
        The words of the text.
    contributions : tuple of Contribution
        Of every occurrence of a feature, in the order of the text.

    Examples
    --------
    >>> found = (Contribution("word", "not", -0.5, 0, 1), Contribution("ngram", "not good", -1.0, 0, 2))
    >>> why = Explanation("praise", -1.5, 0.0, 0.18, ("not", "good"), found)
    >>> why.token_values
    (-1.0, -0.5)
    >>> print(why.to_text(color=False))
    praise: score -1.500, probability 0.180
    not good
    -1.000  ngram    not good
    -0.500  word     not
    """

    label: str
    score: float
    offset: float
    probability: float
    tokens: tuple[str, ...]
    contributions: tuple[Contribution, ...]

    @property
    def token_values(self) -> tuple[float, ...]:
        """What each token adds, with its part of every n-gram it is in; they have the same sum as `contributions`.

        Returns
        -------
        tuple of float
            One for each of `tokens`.
        """
        values = [0.0] * len(self.tokens)
        for found in self.contributions:
            for pos in range(found.begin, found.end):
                values[pos] += found.value / (found.end - found.begin)
        return tuple(values)

    def top(self, k: int | None = SHOWN_CONTRIBUTIONS) -> list[tuple[str, str, float, int]]:
        """Return the features that add or take most, whichever way.

        Parameters
        ----------
        k : int or None, default 10
            How many; None: all.

        Returns
        -------
        list of (kind, text, value, n)
            Each feature once, with the sum over its n occurrences.
        """
        values: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        for found in self.contributions:
            values[found.kind, found.text].append(found.value)
        sums = [(kind, text, sum(parts), len(parts)) for (kind, text), parts in values.items()]
        return sorted(sums, key=lambda row: -abs(row[2]))[:k]

    def to_text(self, *, color: bool | None = None, k: int | None = SHOWN_CONTRIBUTIONS) -> str:
        """Write the explanation for a terminal.

        Parameters
        ----------
        color : bool, optional
            Whether words have colours: blue speaks for the label, orange against it. None: if the standard output is a
            terminal, and the environment has no NO_COLOR.
        k : int or None, default 10
            How many features to list below the text; None: all.

        Returns
        -------
        str
            Lines without the last line's end. Control characters of the text are replaced.
        """
        colored = _wants_color() if color is None else color
        words = (
            _ansi(_printable(token), strength) if colored else _printable(token)
            for token, strength in self._strengths()
        )
        lines = [self._headline(), " ".join(words)]
        for kind, text, value, n in self.top(k):
            times = f" x{n}" if n > 1 else ""
            lines.append(f"{value:+.3f}  {kind:7}  {_printable(text)}{times}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        """Write the explanation for a notebook: a fragment of HTML without scripts, the text escaped."""
        words = " ".join(
            _html(_printable(token), strength, value)
            for (token, strength), value in zip(self._strengths(), self.token_values, strict=True)
        )
        rows = "".join(
            f'<tr><td style="text-align:right">{value:+.3f}</td><td>{kind}</td>'
            f'<td style="text-align:left">{html.escape(_printable(text))}{f" x{n}" if n > 1 else ""}</td></tr>'
            for kind, text, value, n in self.top()
        )
        return (
            f"<div><p><b>{html.escape(self._headline())}</b></p>"
            f'<p style="line-height:1.8">{words}</p><table>{rows}</table></div>'
        )

    def _headline(self) -> str:
        offset = f" (offset {self.offset:+.3f})" if self.offset else ""
        probability = "" if math.isnan(self.probability) else f", probability {self.probability:.3f}"
        return f"{_printable(self.label)}: score {self.score:.3f}{offset}{probability}"

    def _strengths(self) -> Iterable[tuple[str, float]]:
        """Each token, and from -1 to 1 how strongly it speaks, compared with the strongest."""
        values = self.token_values
        strongest = max(map(abs, values), default=0.0) or 1.0
        return [(token, value / strongest) for token, value in zip(self.tokens, values, strict=True)]


def _wants_color() -> bool:
    return "NO_COLOR" not in os.environ and sys.stdout is not None and sys.stdout.isatty()


def _printable(text: str) -> str:
    # A text may hold escape sequences, which a terminal would obey, and surrogates, which it cannot show.
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _ansi(token: str, strength: float) -> str:
    if abs(strength) < FAINTEST:
        return token
    palette = ANSI_FOR if strength > 0 else ANSI_AGAINST
    shade = palette[min(int(abs(strength) * len(palette)), len(palette) - 1)]
    return f"\x1b[30;48;5;{shade}m{token}\x1b[0m"


def _html(token: str, strength: float, value: float) -> str:
    if abs(strength) < FAINTEST:
        return html.escape(token)
    rgb = HTML_FOR if strength > 0 else HTML_AGAINST
    return f'<span style="background:rgba({rgb},{abs(strength):.2f})" title="{value:+.3f}">{html.escape(token)}</span>'
