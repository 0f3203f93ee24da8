"""How much memory this process took, at most."""

import re
import resource
import sys
from pathlib import Path


def peak() -> float:
    """Megabytes since this program began. On Linux `getrusage` would remember what the one that started it took."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024 / 1e6
