"""A slow second implementation of text/, in plain Python from the specification; imports nothing of textspace."""


def fnv1a(data: bytes) -> int:
    value = 2166136261
    for byte in data:
        signed = byte - 256 if byte >= 128 else byte
        value = ((value ^ (signed & 0xFFFFFFFF)) * 16777619) & 0xFFFFFFFF
    return value


def characters(data: bytes) -> list[bytes]:
    """Split before every byte that is not a continuation byte."""
    found: list[bytes] = []
    for i in range(len(data)):
        if data[i] & 0xC0 == 0x80 and found:
            found[-1] += data[i : i + 1]
        else:
            found.append(data[i : i + 1])
    return found


def ngrams(word: bytes, min_n: int, max_n: int) -> list[bytes]:
    if word == b"</s>":
        return []
    parts = characters(b"<" + word + b">")
    found = []
    for begin in range(len(parts)):
        for end in range(begin + 1, min(begin + max_n, len(parts)) + 1):
            alone = end == begin + 1 and (begin == 0 or end == len(parts))
            if end - begin >= min_n and not alone:
                found.append(b"".join(parts[begin:end]))
    return found


def tokens(data: bytes) -> list[bytes]:
    """fastText's reader, byte by byte: a newline after a token is pushed back and read again as the end of the line."""
    found: list[bytes] = []
    word = b""
    pos = 0
    while pos < len(data):
        byte = data[pos : pos + 1]
        pos += 1
        if byte not in (b" ", b"\n", b"\r", b"\t", b"\v", b"\f", b"\0"):
            word += byte
        elif word:
            found.append(word)
            word = b""
            if byte == b"\n":
                pos -= 1
        elif byte == b"\n":
            found.append(b"</s>")
    return [*found, word] if word else found


def ended(data: bytes) -> bytes:
    """A file's text with an end of its last line."""
    return data + b"\n" if data and not data.endswith(b"\n") else data


def vocabulary(
    words: list[bytes], min_count: int, max_vocab: int | None = None, known: dict[bytes, int] | None = None
) -> dict[bytes, int]:
    """Counts by word in the order of the ids."""
    known = known or {}
    counts: dict[bytes, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    new = [word for word in counts if word not in known and counts[word] >= min_count]
    new.sort(key=lambda word: -counts[word])
    kept = {word: count + counts.get(word, 0) for word, count in known.items()}
    kept |= {word: counts[word] for word in new}
    return dict(list(kept.items())[: None if max_vocab is None else max(max_vocab, len(known))])


def encode(words: list[bytes], kept: dict[bytes, int]) -> list[int]:
    ids = {word: word_id for word_id, word in enumerate(kept)}
    encoded = []
    for word in words:
        encoded += [ids[word]] if word in ids else []
        encoded += [-1] if word == b"</s>" else []
    return encoded


def word_segments(classes: list[str]) -> list[tuple[int, int]]:
    """Segments of UAX #29, section 4.1.1, of a text given by the class of each character, rule by rule."""
    letters, middles = ("ALetter", "Hebrew"), ("MidLetter", "MidNumLet", "Single")
    numbers = ("MidNum", "MidNumLet", "Single")
    kept = [i for i, name in enumerate(classes) if name != "Extend" or i == 0]  # WB4
    boundaries = [0]
    for at in range(1, len(kept)):
        name = [classes[kept[k]] if 0 <= k < len(kept) else "" for k in range(at - 2, at + 2)]
        before2, before, after, after2 = name
        joined = (
            (before in letters and after in letters)  # WB5
            or (before in letters and after in middles and after2 in letters)  # WB6
            or (before2 in letters and before in middles and after in letters)  # WB7
            or (before == "Hebrew" and after == "Single")  # WB7a
            or (before == "Hebrew" and after == "Double" and after2 == "Hebrew")  # WB7b
            or (before2 == "Hebrew" and before == "Double" and after == "Hebrew")  # WB7c
            or (before == "Numeric" and after == "Numeric")  # WB8
            or (before in letters and after == "Numeric")  # WB9
            or (before == "Numeric" and after in letters)  # WB10
            or (before2 == "Numeric" and before in numbers and after == "Numeric")  # WB11
            or (before == "Numeric" and after in numbers and after2 == "Numeric")  # WB12
            or (before == "Katakana" and after == "Katakana")  # WB13
            or (before in (*letters, "Numeric", "Katakana", "Joiner") and after == "Joiner")  # WB13a
            or (before == "Joiner" and after in (*letters, "Numeric", "Katakana"))  # WB13b
        )
        if not joined:
            boundaries.append(kept[at])
    ends = [*boundaries[1:], len(classes)]
    return list(zip(boundaries, ends, strict=True)) if classes else []
