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
