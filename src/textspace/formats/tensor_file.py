"""Named arrays and strings in one safetensors file: streamed out, aligned, and opened by memory map in no time."""

import json
import math
import os
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from textspace.errors import FormatError
from textspace.formats.atomic import atomic_file
from textspace.formats.file_bytes import Fields, little_endian, map_bytes, row_blocks
from textspace.formats.strict_json import parse_json

MAX_HEADER_BYTES = 1 << 20
_ALIGNMENT = 64
_DTYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U32": "<u4", "U8": "|u1", "I8": "|i1"}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}
_MAX_DIMENSIONS = 2


@dataclass(frozen=True, eq=False)
class TensorFile:
    """What a safetensors file holds.

    Attributes
    ----------
    metadata : dict of str to str
        The strings of the header.
    arrays : dict of str to ndarray
        Read-only views of the file, or writable copies.
    """

    metadata: dict[str, str]
    arrays: dict[str, NDArray[Any]]


def write_tensor_file(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], *, metadata: Mapping[str, str]
) -> None:
    """Write arrays as one safetensors file.

    Parameters
    ----------
    path : str or os.PathLike
        The file; replaced in one step when it exists.
    arrays : mapping of str to ndarray
        One or two dimensions each. Rows may be padded or strided: they are written block by block, never copied whole.
    metadata : mapping of str to str
        Strings for the header.

    Raises
    ------
    ValueError
        The header is larger than what the reader accepts.
    OSError
        The file cannot be written.

    Notes
    -----
    Every array starts at a multiple of 64 bytes. The format allows no gaps, so what fills them is arrays as well, named
    `_padding0`, `_padding1` and so on.

    References
    ----------
    https://huggingface.co/docs/safetensors: eight bytes with the length of the header, the header in JSON, the arrays.
    """
    padded = _with_padding(arrays)
    header = _encode_header(padded, metadata)
    with atomic_file(path) as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for array in padded.values():
            _write_array(file, array)


def read_tensor_file(path: str | os.PathLike[str], *, mmap: bool = True) -> TensorFile:
    """Open a safetensors file.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    mmap : bool
        True: the arrays are read-only views of the file, and only its header is read now. False: copies in memory.

    Returns
    -------
    TensorFile
        Its metadata and its arrays, padding left out.

    Raises
    ------
    FormatError
        The header is not valid, or does not fit the size of the file.
    OSError
        The file cannot be opened.
    """
    fields = Fields(path, map_bytes(path))
    (n_bytes,) = fields.unpack("Q", "the length of the header")
    if n_bytes > MAX_HEADER_BYTES:
        raise fields.error(f"the length of the header must be <= {MAX_HEADER_BYTES}, got {n_bytes}")
    start = fields.skip(n_bytes, "the header")
    header = _decode_header(fields, fields.data[start : start + n_bytes].tobytes())
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise fields.error("`__metadata__` must be an object of strings")
    tensors = [_Tensor.from_json(fields, name, entry) for name, entry in header.items()]
    _require_no_gaps(fields, tensors)
    arrays = {t.name: t.view(fields) for t in tensors if not t.name.startswith("_padding")}
    return TensorFile(metadata, arrays if mmap else {name: np.array(array) for name, array in arrays.items()})


def _with_padding(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    padded: dict[str, NDArray[Any]] = {}
    for i, (name, array) in enumerate(arrays.items()):
        padded[name] = array
        n_missing = -array.nbytes % _ALIGNMENT
        if n_missing:
            padded[f"_padding{i}"] = np.zeros(n_missing, np.uint8)
    return padded


def _encode_header(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    header: dict[str, object] = {"__metadata__": dict(metadata)}
    position = 0
    for name, array in arrays.items():
        end = position + array.nbytes
        dtype = _NAMES[array.dtype.newbyteorder("<")]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [position, end]}
        position = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % _ALIGNMENT)
    if len(text) > MAX_HEADER_BYTES:
        raise ValueError(f"the metadata must fit in a header of {MAX_HEADER_BYTES} bytes, got {len(text)}")
    return text


def _write_array(file: BinaryIO, array: NDArray[Any]) -> None:
    file.writelines(little_endian(block) for block in row_blocks(array))


def _decode_header(fields: Fields, text: bytes) -> dict[str, Any]:
    try:
        header = parse_json(text)
    except FormatError as error:
        raise fields.error(f"the header: {error}") from None
    if not isinstance(header, dict):
        raise fields.error(f"the header must be a JSON object, got {type(header).__name__}")
    return header


@dataclass(frozen=True)
class _Tensor:
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int

    @classmethod
    def from_json(cls, fields: Fields, name: str, entry: object) -> "_Tensor":
        label = f"array {reprlib.repr(name)}"
        if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
            raise fields.error(f"{label} must have dtype, shape and data_offsets, and nothing else")
        dtype_name, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(dtype_name, str) or dtype_name not in _DTYPES:
            raise fields.error(
                f"the dtype of {label} must be one of {', '.join(_DTYPES)}, got {reprlib.repr(dtype_name)}"
            )
        # The bound keeps the sizes of empty arrays within what NumPy can express; others are checked below.
        if not _is_sizes(shape, fields.data.size) or not 1 <= len(shape) <= _MAX_DIMENSIONS:
            raise fields.error(f"the shape of {label} must be one or two sizes, got {reprlib.repr(shape)}")
        if not _is_sizes(offsets, fields.data.size) or len(offsets) != 2 or offsets[0] > offsets[1]:
            raise fields.error(f"the data_offsets of {label} must be a begin and an end, got {reprlib.repr(offsets)}")
        dtype = np.dtype(_DTYPES[dtype_name])
        if offsets[1] - offsets[0] != math.prod(shape) * dtype.itemsize:
            raise fields.error(f"{label} of shape {shape} and dtype {dtype} does not fill its data_offsets {offsets}")
        return cls(name, dtype, tuple(shape), offsets[0], offsets[1])

    def view(self, fields: Fields) -> NDArray[Any]:
        start = fields.position + self.begin
        if start % self.dtype.itemsize:
            rule = f"must start at a multiple of {self.dtype.itemsize} bytes in the file, got {start}"
            raise fields.error(f"array {reprlib.repr(self.name)} {rule}")
        return np.frombuffer(fields.data, self.dtype, math.prod(self.shape), start).reshape(self.shape)


def _is_sizes(value: object, limit: int) -> bool:
    return isinstance(value, list) and all(type(size) is int and 0 <= size <= limit for size in value)


def _require_no_gaps(fields: Fields, tensors: list[_Tensor]) -> None:
    position = 0
    for tensor in sorted(tensors, key=lambda tensor: (tensor.begin, tensor.end)):
        if tensor.begin != position:
            raise fields.error(
                f"array {reprlib.repr(tensor.name)} starts at byte {tensor.begin} of the data, expected {position}: "
                "arrays may neither overlap nor leave gaps"
            )
        position = tensor.end
    if position != fields.n_left:
        raise fields.error(
            f"the header describes {position} bytes of data, but {fields.n_left} follow it: the file is truncated or "
            "corrupt"
        )
