from collections.abc import Callable

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
def select_words(
    blob: NDArray[np.uint8], offsets: NDArray[np.int64], order: NDArray[np.int32]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
def cut_words(text: bytes, cut_part: Callable[[bytes], bytes]) -> bytes: ...
def word_hashes(blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint32]: ...

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

class CorpusEncoder:
    def __init__(self, *, n_threads: int, add_words: bool) -> None: ...
    def __len__(self) -> int: ...
    def add_words(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64], counts: NDArray[np.int64]) -> None: ...
    def encode(self, block: bytes) -> NDArray[np.int32]: ...
    def keep(self, order: NDArray[np.int32]) -> NDArray[np.int32]: ...
    def words(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
    def counts(self) -> NDArray[np.int64]: ...
    @property
    def n_tokens(self) -> int: ...
    @property
    def n_lines(self) -> int: ...

def renumber(ids: NDArray[np.int32], new_ids: NDArray[np.int32], n_threads: int) -> int: ...

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
        ordered: bool = ...,
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

class ClusteredRows:
    def __init__(
        self, vectors: NDArray[np.float32], *, clusters: NDArray[np.int32], n_clusters: int, n_threads: int
    ) -> None: ...
    def search(
        self,
        queries: NDArray[np.float32],
        *,
        probes: NDArray[np.int32],
        n_threads: int,
        rows_out: NDArray[np.int32],
        scores_out: NDArray[np.float32],
    ) -> None: ...
    @property
    def n_rows(self) -> int: ...
    @property
    def n_clusters(self) -> int: ...
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

# quantization
def train_centroids(
    matrix: NDArray[np.float32],
    norms: NDArray[np.float32] | None,
    *,
    sub_dim: int,
    seed: int,
    n_threads: int,
    out: NDArray[np.float32],
) -> None: ...
def encode_rows(
    matrix: NDArray[np.float32],
    norms: NDArray[np.float32] | None,
    centroids: NDArray[np.float32],
    *,
    sub_dim: int,
    n_threads: int,
    out: NDArray[np.uint8],
) -> None: ...

# prediction
class ArrowTexts:
    def __init__(self, schema: object, array: object) -> None: ...
    def __len__(self) -> int: ...
    def slice(self, begin: int, end: int) -> ArrowTexts: ...
    @property
    def n_bytes(self) -> int: ...

class ArrowStream:
    def __init__(self, stream: object) -> None: ...
    def next(self) -> ArrowTexts | None: ...

class DocumentFeatures:
    def __init__(
        self,
        blob: NDArray[np.uint8],
        offsets: NDArray[np.int64],
        *,
        min_n: int,
        max_n: int,
        word_ngrams: int,
        n_buckets: int,
        label_prefix: bytes,
        buckets: NDArray[np.int32] | None,
        bucket_rows: NDArray[np.int32] | None,
        skip_missing: bool,
    ) -> None: ...
    def rows_of(self, text: bytes) -> tuple[list[int], int]: ...

class LinearClassifier:
    def __init__(
        self,
        features: DocumentFeatures,
        input_vectors: NDArray[np.float32],
        output_vectors: NDArray[np.float32] | None,
        *,
        loss: str,
        label_counts: NDArray[np.int64],
        scale: NDArray[np.float32] | None,
        offset: NDArray[np.float32] | None,
        n_threads: int,
    ) -> None: ...
    def top(
        self,
        texts: object,
        *,
        k: int,
        threshold: float,
        as_fasttext: bool,
        n_threads: int,
        label_ids_out: NDArray[np.int32],
        probabilities_out: NDArray[np.float32] | None,
    ) -> None: ...
    def hidden(self, texts: object, *, n_threads: int, out: NDArray[np.float32]) -> None: ...
    def logits(self, texts: object, *, n_threads: int, out: NDArray[np.float32]) -> None: ...
    def probabilities(self, texts: object, *, n_threads: int, out: NDArray[np.float32]) -> None: ...

def fold(
    input_vectors: NDArray[np.float32], output_vectors: NDArray[np.float32], *, n_threads: int, out: NDArray[np.float32]
) -> None: ...

# training
class VectorTrainer:
    def __init__(
        self,
        ids: NDArray[np.int32],
        word_indptr: NDArray[np.int64],
        word_rows: NDArray[np.int32],
        input_vectors: NDArray[np.float32] | NDArray[np.uint16],
        output_vectors: NDArray[np.float32],
        *,
        keep_probability: NDArray[np.float32],
        counts: NDArray[np.int64],
        objective: str,
        loss: str,
        window: int,
        n_negatives: int,
        negative_power: float,
        epochs: int,
        learning_rate: float,
        seed: int,
        n_threads: int,
        position_weights: NDArray[np.float32] | None = None,
        normalize_cbow: bool = False,
        n_hot_words: int = 0,
    ) -> None: ...
    @property
    def n_words(self) -> int: ...
    def start(self) -> None: ...
    def progress(self) -> tuple[int, float, int]: ...
    def running(self) -> bool: ...
    def stop(self) -> None: ...
    def join(self) -> None: ...

# training of text classifiers
class DocumentEncoder:
    def __init__(
        self,
        ids: NDArray[np.int32],
        roles: NDArray[np.int32],
        hashes: NDArray[np.uint32],
        *,
        word_ngrams: int,
        n_buckets: int,
        n_threads: int,
    ) -> None: ...
    def count_buckets(self, counts: NDArray[np.uint32]) -> None: ...
    def measure(self, bucket_items: NDArray[np.int32]) -> tuple[int, int, int]: ...
    def encode(
        self,
        bucket_items: NDArray[np.int32],
        indptr: NDArray[np.int64],
        items: NDArray[np.int32],
        label_indptr: NDArray[np.int64],
        labels: NDArray[np.int32],
    ) -> None: ...

class WordBuckets:
    def __init__(
        self,
        blob: NDArray[np.uint8],
        offsets: NDArray[np.int64],
        n_known: int,
        *,
        min_n: int,
        max_n: int,
        n_buckets: int,
        n_threads: int,
    ) -> None: ...
    @property
    def n_rows(self) -> int: ...
    def fill(self, rows: NDArray[np.int32]) -> None: ...
    def add_counts(self, word_counts: NDArray[np.int64], counts: NDArray[np.uint32]) -> None: ...
    def to_rows(self, bucket_items: NDArray[np.int32], shift: int) -> NDArray[np.int64]: ...

def fill_random_rows(matrix: NDArray[np.float32], dim: int, bound: float, seed: int, n_threads: int) -> None: ...
def number_buckets(counts: NDArray[np.uint32], first: int, bucket_items: NDArray[np.int32]) -> int: ...

class DocumentTrainer:
    def __init__(
        self,
        indptr: NDArray[np.int64],
        items: NDArray[np.int32],
        label_indptr: NDArray[np.int64],
        labels: NDArray[np.int32],
        input_vectors: NDArray[np.float32],
        output_vectors: NDArray[np.float32],
        *,
        counts: NDArray[np.int64],
        word_indptr: NDArray[np.int64] | None,
        word_rows: NDArray[np.int32] | None,
        first_row: int,
        weights: NDArray[np.float32] | None,
        label_weights: NDArray[np.float32] | None,
        n_tokens: int,
        loss: str,
        all_labels: bool,
        n_negatives: int,
        negative_power: float,
        shuffle: bool,
        pause: bool,
        epochs: int,
        learning_rate: float,
        seed: int,
        n_threads: int,
    ) -> None: ...
    def start(self) -> None: ...
    def progress(self) -> tuple[int, float, int]: ...
    def running(self) -> bool: ...
    def stop(self) -> None: ...
    def join(self) -> None: ...

# tag models
class TagModel:
    def __init__(
        self,
        words: NDArray[np.float32],
        tags: NDArray[np.float32],
        *,
        dim: int,
        poolings: int = 1,
        power: float = 1.0,
        max_length: int = ...,
        cosine: bool = False,
        score_scale: float = 1.0,
        raw_gradients: bool = False,
        row_weights: NDArray[np.float32] | None = None,
        tag_bias: NDArray[np.float32] | None = None,
    ) -> None: ...
    def set_convolution(
        self,
        filters: NDArray[np.float32],
        filter_bias: NDArray[np.float32],
        projection: NDArray[np.float32],
        projection_bias: NDArray[np.float32],
        *,
        width: int,
        n_pools: int,
        pool: int,
        second_tanh: bool,
    ) -> None: ...
    def embed(
        self, indptr: NDArray[np.int64], rows: NDArray[np.int32], out: NDArray[np.float32], *, n_threads: int
    ) -> None: ...

class TagTrainer:
    def __init__(
        self,
        model: TagModel,
        indptr: NDArray[np.int64],
        rows: NDArray[np.int32],
        tag_indptr: NDArray[np.int64],
        tags: NDArray[np.int32],
        *,
        tag_counts: NDArray[np.int64],
        loss: str,
        margin: float,
        n_draws: int,
        max_violators: int,
        negative_power: float,
        log_q: bool,
        optimizer: str,
        learning_rate: float,
        beta1: float,
        beta2: float,
        epsilon: float,
        schedule: str,
        batch_size: int,
        epochs: int,
        mean: bool,
        clip_norm: float,
        max_norm: float,
        word_dropout: float,
        train_words: bool,
        shuffle: bool,
        seed: int,
        n_threads: int,
    ) -> None: ...
    @property
    def n_words(self) -> int: ...
    def start(self, n_epochs: int = ...) -> None: ...
    def progress(self) -> tuple[int, float, int]: ...
    def running(self) -> bool: ...
    def stop(self) -> None: ...
    def join(self) -> None: ...

# tags
def count_texts(
    indptr: NDArray[np.int64], rows: NDArray[np.int32], *, counts_out: NDArray[np.int64], n_threads: int
) -> None: ...
def weigh_texts(
    indptr: NDArray[np.int64],
    rows: NDArray[np.int32],
    row_weights: NDArray[np.float32],
    *,
    n_words: int,
    lead: float,
    indptr_out: NDArray[np.int64],
    rows_out: NDArray[np.int32],
    values_out: NDArray[np.float32],
    n_threads: int,
) -> None: ...
def train_one_vs_rest(
    indptr: NDArray[np.int64],
    rows: NDArray[np.int32],
    values: NDArray[np.float32],
    tag_indptr: NDArray[np.int64],
    tag_texts: NDArray[np.int32],
    *,
    n_rows: int,
    cost: float,
    tolerance: float,
    margin_tolerance: float,
    smallest_weight: float,
    passes: int,
    n_threads: int,
    progress: Callable[[float], None],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]: ...
def add_linear_scores(
    indptr: NDArray[np.int64],
    rows: NDArray[np.int32],
    values: NDArray[np.float32],
    weight_indptr: NDArray[np.int64],
    weight_tags: NDArray[np.int32],
    weights: NDArray[np.float32],
    scores: NDArray[np.float32],
    *,
    n_threads: int,
) -> None: ...
def best_columns(
    scores: NDArray[np.float32],
    *,
    columns_out: NDArray[np.int32],
    scores_out: NDArray[np.float32],
    n_threads: int,
) -> None: ...
def tree_log_probabilities(
    tag_counts: NDArray[np.int64], scores: NDArray[np.float32], out: NDArray[np.float32]
) -> None: ...
