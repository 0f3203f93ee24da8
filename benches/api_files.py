"""python -m benches.api_files PATH ACCEPT [TOKEN]: asks for a file, through all that a request passes.

Prints as JSON how long it is, how long it took, and what Python held at most while it was written, above what it held
before.
"""

import json
import os
import sys
import time
import tracemalloc

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from benches.asking import ask  # noqa: E402


def main(path: str, accept: str, token: str = "") -> None:
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})

    def read() -> int:
        return sum(map(len, ask(path, headers)))

    read()
    start = time.perf_counter()
    size = read()
    took = time.perf_counter() - start
    tracemalloc.start()
    assert read() == size
    told = {"bytes": size, "seconds": took, "megabytes": tracemalloc.get_traced_memory()[1] / 1e6}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
