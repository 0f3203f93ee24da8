import resource
import sys


def peak() -> float:
    """The most memory that this process ever had; megabytes. Linux counts it in kilobytes, macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)
