"""The labelled documents of the measurements, made once from ../shared and kept in benchmarks/.cache."""

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from zlib import crc32

import numpy as np

from corpora import CACHE, SHARED, replacing, wikipedia

LABEL = "__label__"
MODELS = SHARED / "data" / "models"
SETS = {"imdb": "classification", "20newsgroups": "classification", "langid": "classification",
        "trec": "classification", "cooking": "tags", "debtags": "tags"}  # fmt: skip


def labelled(name: str, part: str, *, n_documents: int | None = None) -> Path:
    """The training or the test documents of a set, one a line; the first of them where a number is given."""
    packed = SHARED / "data" / SETS[name] / f"{name}.{part}.txt.gz"
    if not packed.is_file():
        raise SystemExit(f"the benchmarks need {packed}: put the shared data folder beside the repository")
    path = CACHE / f"{name}.{part}{'' if n_documents is None else f'-{n_documents}'}.txt"
    if not path.is_file():
        with gzip.open(packed, "rt", encoding="utf-8", newline="\n") as source, replacing(path) as target:
            for line in islice(source, n_documents):
                # fastText's own tutorial lower-cases titles with tags before it trains.
                target.write((line.lower() if name == "debtags" else line).encode())
    return path


def validation_split(name: str) -> tuple[Path, Path]:
    """Nine tenths of the training documents, and every tenth of them: for choices, which no test set may see."""
    kept, held_out = (CACHE / f"{name}.{part}.txt" for part in ("kept", "heldout"))
    if not held_out.is_file():
        with labelled(name, "train").open("rb") as file:
            lines = list(file)
        with replacing(kept) as target:
            target.writelines(line for number, line in enumerate(lines) if number % 10)
        with replacing(held_out) as target:
            target.writelines(lines[::10])
    return kept, held_out


def read_documents(path: Path) -> Iterator[tuple[list[str], str]]:
    """Labels without their prefix, and the text, of every line."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            words = line.rstrip("\n").split(" ")
            n_labels = next((number for number, word in enumerate(words) if not word.startswith(LABEL)), len(words))
            yield [word.removeprefix(LABEL) for word in words[:n_labels]], " ".join(words[n_labels:])


def texts_of(path: Path) -> list[str]:
    """The texts of a file of labelled documents."""
    return [text for _, text in read_documents(path)]


def plain_texts(name: str, n_texts: int) -> Path:
    """A test text a line, without labels."""
    path = CACHE / f"{name}.texts-{n_texts}.txt"
    if not path.is_file():
        with replacing(path) as target:
            target.writelines(text.encode() + b"\n" for text in texts_of(labelled(name, "test", n_documents=n_texts)))
    return path


def long_texts(n_texts: int, *, n_bytes: int = 5000) -> Path:
    """A text a line, each of about `n_bytes`: film reviews one after another, as many as it takes."""
    path = CACHE / f"long-{n_texts}x{n_bytes}.txt"
    if not path.is_file():
        with replacing(path) as target:
            target.writelines(islice(joined(texts_of(labelled("imdb", "test")), n_bytes), n_texts))
    return path


def joined(texts: list[str], n_bytes: int) -> Iterator[bytes]:
    """Lines of at least `n_bytes` - 700, half the length of a review, so that the mean is about `n_bytes`."""
    parts: list[bytes] = []
    for text in texts:
        parts.append(text.encode())
        if sum(map(len, parts)) > n_bytes - 700:
            yield b" ".join(parts) + b"\n"
            parts = []


def short_texts(n_texts: int, *, shortest: int = 80, longest: int = 120) -> Path:
    """A sentence a line, in 75 languages, each of about a hundred bytes."""
    path = CACHE / f"short-{n_texts}.txt"
    if not path.is_file():
        encoded = (text.encode() for part in ("test", "train") for text in texts_of(labelled("langid", part)))
        with replacing(path) as target:
            fitting = (text for text in encoded if shortest <= len(text) <= longest)
            target.writelines(text + b"\n" for text in islice(fitting, n_texts))
    return path


def with_many_labels(n_documents: int, *, per_language: int = 20) -> Path:
    """Sentences with about 1,500 labels: the language, and one of twenty for the first word."""
    path = CACHE / f"labels-{n_documents}.txt"
    if not path.is_file():
        with replacing(path) as target:
            for (language,), text in islice(read_documents(labelled("langid", "train")), n_documents):
                number = crc32(text.partition(" ")[0].encode()) % per_language
                target.write(f"{LABEL}{language}{number} {text}\n".encode())
    return path


def short_documents(n_different: int, *, times: int, n_words: int = 10, n_labels: int = 20) -> Path:
    """Documents of a few words with one of some labels, that many times over."""
    path = CACHE / f"documents-{n_different}x{times}.txt"
    if not path.is_file():
        with wikipedia("en").open("rb") as source:
            words = source.read(n_different * n_words * 12).split()[: n_different * n_words]
        if len(words) < n_different * n_words:
            raise ValueError(f"the text has {len(words)} words; `n_different` must be lower, got {n_different}")
        lines = [
            b"__label__%d %s\n" % (number % n_labels, b" ".join(words[number * n_words : (number + 1) * n_words]))
            for number in range(n_different)
        ]
        once = b"".join(lines)
        with replacing(path) as target:
            for _ in range(times):
                target.write(once)
    return path


def posts(n_posts: int, *, n_tags: int, n_words: int = 10) -> Path:
    """Posts made up of words by Zipf's law, half as many as tags: each tag in turn, and three words that tell it."""
    path = CACHE / f"posts-{n_posts}x{n_tags}.txt"
    if not path.is_file():
        random = np.random.default_rng(1)
        vocabulary = n_tags // 2
        shares = 1 / np.arange(10, vocabulary + 10)
        with replacing(path) as target:
            for begin in range(0, n_posts, n_tags):
                tags = random.permutation(n_tags)[: n_posts - begin]
                words = random.choice(vocabulary, (tags.size, n_words), p=shares / shares.sum())
                words[:, :3] = (tags[:, None] * np.array([1, 7, 31]) + np.array([0, 3, 5])) % vocabulary
                target.writelines(
                    f"{LABEL}t{tag} {' '.join(f'w{word}' for word in row)}\n".encode()
                    for tag, row in zip(tags.tolist(), words.tolist(), strict=True)
                )
    return path
