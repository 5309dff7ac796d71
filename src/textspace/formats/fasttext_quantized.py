"""What only quantized fastText files (`.ftz`) have: the table of pruned buckets, and product-quantized matrices."""

import struct
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from textspace.formats.fasttext_buckets import BucketRows
from textspace.formats.file_bytes import Fields, little_endian, row_blocks
from textspace.formats.quantized import N_CENTROIDS, ProductQuantized


def read_pruned_buckets(
    fields: Fields, n_pruned: int, *, n_words: int, n_buckets: int
) -> tuple[BucketRows, NDArray[np.int32]]:
    """Read which buckets a pruned dictionary kept.

    Parameters
    ----------
    fields : Fields
        A file, after the entries of its dictionary.
    n_pruned : int
        How many, by the dictionary.
    n_words, n_buckets : int
        By the dictionary and the arguments.

    Returns
    -------
    bucket_rows : BucketRows
        The buckets, ascending, and their rows.
    order : ndarray of int32, shape (G,)
        In what order the file has them: the position of each pair's bucket among the ascending ones.

    Raises
    ------
    FormatError
        A bucket occurs twice or is out of range, or a row is not there; or the file ends too early.
    """
    start = fields.skip(8 * n_pruned, "the table of pruned buckets")
    pairs = np.frombuffer(fields.data, "<i4", 2 * n_pruned, start).reshape(n_pruned, 2)
    order = np.argsort(pairs[:, 0], kind="stable")
    buckets, offsets = pairs[order].T
    if n_pruned and (buckets[0] < 0 or buckets[-1] >= n_buckets or (buckets[1:] == buckets[:-1]).any()):
        raise fields.error(f"the pruned buckets must be different numbers from 0 to bucket - 1 = {n_buckets - 1}")
    if n_pruned and (np.bincount(np.clip(offsets, -1, n_pruned) + 1, minlength=n_pruned + 1)[1:] != 1).any():
        raise fields.error(f"the rows of the pruned buckets must be the numbers from 0 to {n_pruned - 1}, each once")
    places = np.empty(n_pruned, np.int32)
    places[order] = np.arange(n_pruned, dtype=np.int32)
    rows = (offsets + n_words).astype(np.int32)
    return BucketRows(n_words, n_buckets, np.ascontiguousarray(buckets, np.int32), rows), places


def write_pruned_buckets(file: BinaryIO, bucket_rows: BucketRows, order: NDArray[np.int32] | None) -> None:
    """Write which buckets a pruned dictionary kept.

    Parameters
    ----------
    file : BinaryIO
        Where to.
    bucket_rows : BucketRows
        Sound rows.
    order : ndarray of int32, shape (G,), or None
        In what order; None: in that of the rows.
    """
    if order is None:
        order = np.argsort(bucket_rows.rows).astype(np.int32)
    pairs = np.stack([bucket_rows.buckets, bucket_rows.rows - bucket_rows.n_words], axis=1)[order]
    file.write(little_endian(pairs.astype(np.int32)))


def read_quantized_matrix(fields: Fields, name: str, *, n_rows: int, dim: int) -> ProductQuantized:
    """Read a product-quantized matrix.

    Parameters
    ----------
    fields : Fields
        A file, at the matrix.
    name : str
        What to call it in messages.
    n_rows, dim : int
        The sizes that the rest of the file asks for.

    Returns
    -------
    ProductQuantized
        Views of the file.

    Raises
    ------
    FormatError
        Its sizes do not fit together, or the file ends too early.
    """
    has_norms = fields.flag(f"qnorm of the {name} matrix")
    shape = fields.unpack("2q", f"the sizes of the {name} matrix")
    if shape != (n_rows, dim):
        raise fields.error(f"the {name} matrix must have shape {(n_rows, dim)}, got {shape}")
    (n_codes,) = fields.unpack("i", f"codesize of the {name} matrix")
    n_parts, remainder = divmod(n_codes, n_rows)
    if n_codes < 0 or remainder or not 1 <= n_parts <= dim:
        raise fields.error(
            f"codesize of the {name} matrix must be rows * nsub, with nsub from 1 to {dim}, got {n_codes} for {n_rows} "
            "rows"
        )
    start = fields.skip(n_codes, f"the codes of the {name} matrix")
    codes = fields.data[start : fields.position].reshape(n_rows, n_parts)
    centroids, sub_dim = _read_centroids(fields, f"the {name} matrix", dim=dim, n_parts=n_parts)
    if not has_norms:
        return ProductQuantized(codes, centroids, dim=dim, sub_dim=sub_dim)
    start = fields.skip(n_rows, f"the norms of the {name} matrix")
    norm_codes = fields.data[start : fields.position]
    norm_centroids, _ = _read_centroids(fields, f"the norms of the {name} matrix", dim=1, n_parts=1)
    return ProductQuantized(codes, centroids, dim, sub_dim, norm_codes, norm_centroids)


def write_quantized_matrix(
    file: BinaryIO,
    matrix: ProductQuantized,
    *,
    n_rows: int,
    codes: Iterable[NDArray[np.uint8]],
    norms: Iterable[NDArray[np.uint8]],
) -> None:
    """Write a product-quantized matrix.

    Parameters
    ----------
    file : BinaryIO
        Where to.
    matrix : ProductQuantized
        Its centroids are written.
    n_rows : int
        How many rows the file is to have.
    codes : iterable of ndarray of uint8, shape (N, S)
        The codes of all rows, in blocks.
    norms : iterable of ndarray of uint8, shape (N,)
        The codes of their norms, in blocks; empty where the matrix has none.

    Raises
    ------
    ValueError
        There are more codes than the format can count.
    """
    n_parts = matrix.codes.shape[1]
    if n_rows * n_parts >= 1 << 31:
        raise ValueError(
            f"a fastText file holds at most 2**31 - 1 codes, got {n_rows} rows of {n_parts}: prune the model with "
            "`cutoff`, or save as .textspace"
        )
    file.write(struct.pack("<?2qi", matrix.norm_codes is not None, n_rows, matrix.dim, n_rows * n_parts))
    file.writelines(little_endian(block) for block in codes)
    last = matrix.dim - (n_parts - 1) * matrix.sub_dim
    file.write(struct.pack("<4i", matrix.dim, n_parts, matrix.sub_dim, last))
    file.writelines(little_endian(block) for block in row_blocks(matrix.centroids))
    if matrix.norm_centroids is not None:
        file.writelines(little_endian(block) for block in norms)
        file.write(struct.pack("<4i", 1, 1, 1, 1))
        file.write(little_endian(matrix.norm_centroids))


def _read_centroids(fields: Fields, name: str, *, dim: int, n_parts: int) -> tuple[NDArray[np.float32], int]:
    found = fields.unpack("4i", f"the sizes of the centroids of {name}")
    sub_dim = int(found[2])
    expected = (dim, n_parts, sub_dim, dim - (n_parts - 1) * sub_dim)
    if found != expected or not 1 <= expected[3] <= sub_dim:
        raise fields.error(
            f"dim, nsub, dsub and lastdsub of the centroids of {name} must be {dim} and {n_parts}, and two numbers "
            f"that divide dim into nsub parts, got {found}"
        )
    return fields.matrix(N_CENTROIDS, dim, f"the centroids of {name}").reshape(-1), sub_dim
