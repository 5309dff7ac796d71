"""JSON from files that nobody vouches for."""

import json

from textspace.errors import FormatError

_MAX_DIGITS = 20


def parse_json(text: str | bytes) -> object:
    """Parse JSON from a file that may be hostile.

    Parameters
    ----------
    text : str or bytes
        The text, of bounded length.

    Returns
    -------
    object
        Its value.

    Raises
    ------
    FormatError
        It is not JSON, is nested too deeply, names a key twice, or holds a number that no field here can hold.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_int=_bounded_int, parse_constant=_no_constant)
    except RecursionError:
        raise FormatError("the JSON is nested too deeply") from None
    except FormatError:
        raise
    except ValueError as error:
        raise FormatError(f"not valid JSON: {error}") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise FormatError("a key of the JSON occurs twice")
    return result


def _bounded_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise FormatError(f"a number of the JSON has {len(digits)} digits")
    return int(digits)


def _no_constant(name: str) -> float:
    raise FormatError(f"{name} is not JSON")
