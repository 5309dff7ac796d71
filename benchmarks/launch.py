"""Run one command and print what it cost, as JSON: ``python -I -S launch.py OUTPUT_FILE COMMAND ...``.

A child's peak memory is, in Linux's accounts, at least that of the process that started it: a small one does it.
"""

import json
import os
import sys
import time

output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
from_nowhere = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
to_file = [(os.POSIX_SPAWN_DUP2, output, stream) for stream in (1, 2)]
began = time.perf_counter()
process = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=[from_nowhere, *to_file])
_, status, usage = os.wait4(process, 0)
figures = {
    "wall_seconds": time.perf_counter() - began,
    "cpu_seconds": usage.ru_utime + usage.ru_stime,
    "peak_bytes": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    "status": os.waitstatus_to_exitcode(status),
}
print(json.dumps(figures))
