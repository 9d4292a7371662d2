"""A server keeps the memory of large answers instead of asking the system for it every time."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# In a process of its own, since the setting is the process's. Without it a message costs a thousand page faults.
PROBE = """
import resource
from google.protobuf.wrappers_pb2 import BytesValue
from serving.model_server.memory import keep_large_buffers
kept = keep_large_buffers()
message = BytesValue(value=bytes(1 << 20))
for _ in range(5):
    message.SerializeToString()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    message.SerializeToString()
print(kept, (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is glibc's")
def test_a_large_message_is_written_without_page_faults():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    kept, faults = done.stdout.split()
    assert kept == "True"
    assert int(faults) < 10
