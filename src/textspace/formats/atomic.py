"""Files that appear whole or not at all."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a new binary file that takes the name `path` only when the block ends without an error.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write. An existing file is replaced in one step; a link is followed.

    Yields
    ------
    BinaryIO
        The open file, under a temporary name in the same folder. If the block fails it is removed, and what was at
        `path` is untouched.

    Raises
    ------
    FileNotFoundError
        The folder does not exist.
    IsADirectoryError
        `path` is a folder.
    OSError
        Whatever the system says, with the name of the file: no space left, no permission.
    ValueError
        `path` is a device, a pipe or a socket: replacing it would break it.

    Notes
    -----
    The data is flushed to the disk before the file is renamed, so that a crash of the machine leaves the old file or
    the new one. The permission bits are those of any new file (the umask's). On Windows a file that is still
    memory-mapped cannot be replaced.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with atomic_file(Path(folder) / "greeting") as file:
    ...         _ = file.write(b"hello")
    ...     (Path(folder) / "greeting").read_bytes()
    b'hello'
    """
    target = _checked_target(path)
    temporary = target.with_name(f".textspace-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OSError(
                error.errno, "no space left to write this file: free some, or write elsewhere", str(target)
            ) from error
        raise


def _checked_target(path: str | os.PathLike[str]) -> Path:
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder: give the name of a file in it", str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the folder of this file does not exist: create it first", str(path))
    if target.exists() and not target.is_file():
        raise ValueError(f"`path` must name an ordinary file, got {path!s}, which is a device, a pipe or a socket")
    return target
