"""How a service and its picture workers talk, on the worker's side: the standard library and Pillow alone.

Frames on stdin and stdout: two big-endian 32-bit lengths, a JSON header, the bytes. A worker ends with its stdin.
"""

import json
import resource
import struct
import sys
from collections.abc import Callable
from typing import Any

LENGTHS = struct.Struct(">II")
Work = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


def serve(work: Work) -> None:
    """Answers frames until stdin ends, within as many MiB of memory as the first argument says."""
    limit = int(sys.argv[1]) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while lengths := stdin.read(LENGTHS.size):
        header_length, content_length = LENGTHS.unpack(lengths)
        header, content = _answer(work, json.loads(stdin.read(header_length)), stdin.read(content_length))
        encoded = json.dumps(header).encode()
        stdout.write(LENGTHS.pack(len(encoded), len(content)) + encoded + content)
        stdout.flush()


def _answer(work: Work, task: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    if task.get("hello"):
        return {}, b""
    try:
        return work(task, content)
    except MemoryError:
        return {"refused": "it takes too much memory to decode"}, b""
    except Exception as error:  # a decoder may raise anything, and all of it means the same
        return {"refused": "it cannot be decoded", "cause": f"{type(error).__name__}: {error}"[:200]}, b""
