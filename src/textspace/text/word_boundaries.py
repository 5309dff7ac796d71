"""Words by the boundaries of Unicode Standard Annex #29, as one regular expression."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import chain, groupby

# The classes of the annex follow from the categories that Python knows, but for these letters and these signs. Only
# characters that normal form NFKC and lower-casing leave as they are need to be listed.
_LETTERS = {
    # Ideographs and Hiragana, which no rule joins.
    "single": "3006-3007 3021-3029 3041-309F 3400-4DBF 4E00-9FFF F900-FAFF 16FE4 17000-18DFF "
    "1B001-1B11F 1B132 1B150-1B152 1B170-1B2FF 20000-3FFFF",
    "katakana": "3031-3035 30A1-30FF 31F0-31FF 1AFF0-1B000 1B120-1B122 1B155 1B164-1B167",
    "hebrew": "5D0-5F2",
    # Thai, Lao, Myanmar, Khmer, Tai Le, New Tai Lue, Tai Tham, Tai Viet, Ahom. They are written without spaces and the
    # annex leaves them to dictionaries: here a run of them is a word.
    "unspaced": "E00-EFF 1000-109F 1780-17FF 1950-19DF 1A20-1AAF A9E0-A9FF AA60-AADF 11700-1174F",
}
_SIGNS = {
    "letter": "2C2-2C5 2D2-2D7 2DE-2DF 2E5-2EB 2ED 2EF-2FF 55A-55C 55E 58A 5F3 A708-A716 A720-A721 A789-A78A AB5B "
    "1F150-1F169 1F172-1F17D 1F180-1F189",
    "katakana": "30A0",
    "number": "66B",
    "mark": "1F3FB-1F3FF",
    "none": "200B",
}
_CATEGORIES = {
    **dict.fromkeys(("Ll", "Lm", "Lo", "Lt", "Lu", "Nl"), "letter"),
    **dict.fromkeys(("Cf", "Mc", "Me", "Mn"), "mark"),
    "Nd": "number",
    "No": "single",
    "Pc": "joiner",
}
_BETWEEN_LETTERS = ":.'\u00b7\u055f\u05f4\u2018\u2019\u2027"
_BETWEEN_NUMBERS = ",;.'\u0589\u060c\u060d\u066c\u07f8\u2018\u2019\u2044"


_BMP = range(0x10000)
_ASTRAL = range(0x10000, 0xE0200)


def unicode_words(text: str) -> list[str]:
    """The words of a text.

    Parameters
    ----------
    text : str
        Lower-cased text in Unicode's normal form NFKC.

    Returns
    -------
    list of str
        Those segments of the annex's default rules that hold a letter, a number or an ideograph.

    Notes
    -----
    Two departures: scripts without spaces, such as Thai, form one word a run; and an apostrophe after a Hebrew letter
    is dropped before a number, an underscore, or punctuation within a word. The first call takes about 0.1 s.
    ``core/word_cutting.cc`` has the same rules for ASCII, where they are few.

    References
    ----------
    Unicode Standard Annex #29, Unicode Text Segmentation, section 4.1, rules WB3 to WB999.
    """
    # Rare characters make the pattern several times slower: a text of the usual ones does without them.
    has_astral = not text.isascii() and len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text)
    return list(filter(None, _word_pattern(has_astral=has_astral).findall(text)))


@cache
def _word_pattern(*, has_astral: bool) -> re.Pattern[str]:
    """Compile the pattern of which every match's group 1, where it is not empty, is a word."""
    sets = _character_sets(_BMP, *([_ASTRAL] if has_astral else []))
    letter, hebrew, number, kana, joiner, single, unspaced, mark = (
        sets[name] for name in ("letter", "hebrew", "number", "katakana", "joiner", "single", "unspaced", "mark")
    )
    marks = f"[{mark}]*"

    def run(characters: str) -> str:
        return f"[{characters}][{characters}{mark}]*"

    plain = f"[{letter}]+(?![{letter}{hebrew}{number}{joiner}{mark}{_BETWEEN_LETTERS}])"  # most words, found fast
    no_end = f"[{number}{joiner}{mark}]|[{_BETWEEN_LETTERS}]{marks}[{letter}{hebrew}]"
    quotes = rf"\"{marks}(?=[{hebrew}])|'{marks}(?!{no_end})"
    letters = f"(?:{run(letter)}|[{hebrew}]{marks}(?:{quotes})?)+"
    letters = f"{letters}(?:[{_BETWEEN_LETTERS}]{marks}{letters})*"
    numbers = f"{run(number)}(?:[{_BETWEEN_NUMBERS}]{marks}{run(number)})*"
    part = f"(?:(?:{letters}|{numbers})+|{run(kana)})"
    word = f"(?:{run(joiner)})?{part}(?:{run(joiner)}{part})*(?:{run(joiner)})?"
    # A run of joiners alone is no word, but must be passed at once: trying each of them would take quadratic time.
    return re.compile(f"({plain}|{word}|[{single}]{marks}|{run(unspaced)})|{run(joiner)}")


def _character_sets(*codes: range) -> dict[str, str]:
    letters, signs = _by_code(_LETTERS), _by_code(_SIGNS)

    def set_of(code: int) -> str:
        name = signs.get(code) or _CATEGORIES.get(unicodedata.category(chr(code)), "none")
        return letters.get(code, name) if name == "letter" else name

    sets: dict[str, str] = {}
    for name, group in groupby(chain(*codes), set_of):
        members = list(group)
        sets[name] = sets.get(name, "") + f"{chr(members[0])}-{chr(members[-1])}"
    return sets


def _by_code(listed: dict[str, str]) -> dict[int, str]:
    return {code: name for name, ranges in listed.items() for bounds in ranges.split() for code in _code_range(bounds)}


def _code_range(bounds: str) -> range:
    first, _, last = bounds.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)
