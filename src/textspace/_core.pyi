import numpy as np
from numpy.typing import NDArray

def available_isas() -> list[str]: ...
def isa() -> str: ...
def use_isa(name: str) -> None: ...
def mean_rows(
    matrix: NDArray[np.float32],
    indptr: NDArray[np.int64],
    rows: NDArray[np.int32],
    out: NDArray[np.float32],
) -> None: ...

# text
def build_index(blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint32]: ...

class WordFinder:
    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64], index: NDArray[np.uint32]) -> None: ...
    def find(self, word: bytes) -> int: ...
    def find_all(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int32]: ...

def fnv1a(bytes: bytes) -> int: ...
def ngrams(word: bytes, min_n: int, max_n: int, n_buckets: int) -> list[tuple[bytes, int]]: ...
def add_ngram_weights(
    blob: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    counts: NDArray[np.int64],
    min_n: int,
    max_n: int,
    weights: NDArray[np.int64],
) -> None: ...
def word_rows(
    blob: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    ids: NDArray[np.int32],
    min_n: int,
    max_n: int,
    n_buckets: int,
    first_row: int,
    buckets: NDArray[np.int32] | None,
    ngram_rows: NDArray[np.int32] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]: ...

# search
class PackedRows:
    def __init__(self, vectors: NDArray[np.float32], *, normalized: bool, n_threads: int) -> None: ...
    def top_k(
        self,
        queries: NDArray[np.float32],
        *,
        excluded_indptr: NDArray[np.int64],
        excluded: NDArray[np.int32],
        n_threads: int,
        rows_out: NDArray[np.int32],
        scores_out: NDArray[np.float32],
    ) -> None: ...
    def answer_analogies(
        self,
        questions: NDArray[np.int32],
        *,
        by_product: bool,
        n_answer_rows: int,
        n_threads: int,
        answers_out: NDArray[np.int32],
    ) -> None: ...
    @property
    def n_rows(self) -> int: ...
    @property
    def dim(self) -> int: ...

# formats
class MalformedInput(ValueError): ...

def read_fasttext_entries(
    data: NDArray[np.uint8], begin: int, n_words: int, n_labels: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], int]: ...
def read_word2vec_rows(
    data: NDArray[np.uint8], begin: int, out: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], int]: ...
def parse_decimal_rows(
    text: NDArray[np.uint8], first_line: int, out: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
def format_decimal_rows(
    blob: NDArray[np.uint8], offsets: NDArray[np.int64], rows: NDArray[np.float32], precision: int
) -> bytes: ...
def first_occurrences(blob: NDArray[np.uint8], offsets: NDArray[np.int64], out: NDArray[np.bool_]) -> None: ...
