"""Parquet: columns are added; the texts reach the predictor as Arrow buffers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from textspace.errors import FormatError, MissingPackageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from textspace.prediction.files.columns import Columns, Rank
    from textspace.prediction.ranked import Ranked

ROWS_AT_ONCE = 1 << 13


def annotate_parquet(source: BinaryIO, target: BinaryIO, rank: Rank, columns: Columns) -> Iterator[int]:
    """Write each row with its label and score, or lists of them.

    Parameters
    ----------
    source : binary file
        The file; it must be able to seek.
    target : binary file
        Where to write.
    rank : callable
        From an Arrow array of texts to `Ranked`; nulls are empty texts.
    columns : Columns
        The names of the columns.

    Yields
    ------
    int
        How many texts a batch had.

    Raises
    ------
    MissingPackageError
        When pyarrow is not installed.
    FormatError
        When the file is damaged, a column is missing or there already, or the texts are no strings.
    """
    pa, parquet = _pyarrow()
    with _damage_named(pa):
        file = parquet.ParquetFile(source)
    schema = file.schema_arrow
    columns.check(schema.names, where="the file", added=[columns.label, columns.score])
    codec = _codec_of(file)
    writer = None
    try:
        for batch in _batches(file, pa):
            ranked = rank(_texts(batch.column(columns.text), columns.text, pa))
            added = _added(ranked, pa)
            for name, array in zip((columns.label, columns.score), added, strict=True):
                batch = batch.append_column(name, array)  # noqa: PLW2901
            writer = writer or parquet.ParquetWriter(target, batch.schema, compression=codec)
            writer.write_batch(batch)
            yield len(batch)
    finally:
        if writer is not None:
            writer.close()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingPackageError("parquet files need the package pyarrow: pip install 'textspace[arrow]'") from error
    return pa, parquet


@contextmanager
def _damage_named(pa: Any) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise FormatError(str(error)) from error


def _batches(file: Any, pa: Any) -> Iterator[Any]:
    """The rows in batches: one at least, were it empty."""
    if not file.metadata.num_rows:
        yield pa.RecordBatch.from_pylist([], schema=file.schema_arrow)
    batches = file.iter_batches(batch_size=ROWS_AT_ONCE)
    while True:
        with _damage_named(pa):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _codec_of(file: Any) -> str:
    """The compression of the file, which the new one gets too."""
    metadata = file.metadata
    if not metadata.num_row_groups or not metadata.num_columns:
        return "snappy"
    codec = str(metadata.row_group(0).column(0).compression).lower()
    return "none" if codec == "uncompressed" else codec


def _texts(array: Any, name: str, pa: Any) -> Any:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type) or array.type == pa.string_view()):
        raise FormatError(f"the column {name!r} must hold strings, got {array.type}; name another (--text-column)")
    return array


def _added(ranked: Ranked, pa: Any) -> tuple[Any, Any]:
    missing = ranked.label_ids < 0
    if ranked.labels.shape[1] == 1:
        labels = pa.array(ranked.labels[:, 0].tolist(), type=pa.string(), mask=missing[:, 0])
        return labels, pa.array(ranked.scores[:, 0], type=pa.float32(), mask=missing[:, 0])
    ends = np.concatenate([[0], np.cumsum((~missing).sum(axis=1))]).astype(np.int32)
    return (
        pa.ListArray.from_arrays(ends, pa.array(ranked.labels[~missing].tolist(), type=pa.string())),
        pa.ListArray.from_arrays(ends, pa.array(ranked.scores[~missing], type=pa.float32())),
    )
