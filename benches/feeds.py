"""What a calendar costs: asked again, changed a little, and large."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from benches import Figure, LeftOut, debian, sized
from benches.servers import ROOT, ask, environment, free_port, python, running

SLICES, SECONDS = sized((5, 2), trial=(1, 1))
CONNECTIONS = 8
FEED = "/feeds/all.ics"


def measure() -> Iterator[Figure | LeftOut]:
    with tempfile.TemporaryDirectory(prefix="inloop-bench-") as name:
        folder = Path(name)
        yield from _written(folder)
        nginx, wrk = debian.program("nginx", package="nginx-light"), debian.program("wrk", package="wrk")
        if nginx and wrk:
            yield from _served(folder, nginx=nginx, wrk=wrk)
        else:
            yield LeftOut("calendars over HTTP, for nginx or wrk cannot be had here")


def _written(folder: Path) -> Iterator[Figure]:
    rebuilt = _part("rebuild", sessions=1_200, folder=folder)
    yield Figure(
        name="calendar of 1,200 sessions after one changed, against every event anew",
        value=rebuilt["ratio"],
        goal=0.15,
        note=f"{rebuilt['again_ms']:.0f} ms and {rebuilt['anew_ms']:.0f} ms, the same {rebuilt['bytes'] / 1e6:.1f} MB",
    )
    large = _part("memory", sessions=10_000, folder=folder)
    yield Figure(
        name="memory for a calendar of 10,000 sessions, above idle",
        value=large["megabytes"],
        unit="MB",
        goal=100,
        note=f"the calendar is {large['bytes'] / 1e6:.1f} MB",
    )


def _part(command: str, *, sessions: int, folder: Path) -> dict[str, Any]:
    """In a process of its own, with nothing kept; its database is filled by another, whose memory does not count."""
    env = environment(folder / f"{command}.sqlite3", port=80)
    python("manage.py", "migrate", "--verbosity", "0", env=env)
    python("-m", "benches.feed_writing", "fill", str(sessions), env=env)
    found: dict[str, Any] = json.loads(python("-m", "benches.feed_writing", command, env=env))
    assert found["sessions"] == sessions, found
    return found


def _served(folder: Path, *, nginx: list[str], wrk: list[str]) -> Iterator[Figure]:
    app, cached, static = free_port(), free_port(), free_port()
    env = environment(folder / "served.sqlite3", port=app)
    python("manage.py", "demo", "--weeks", "0", env=env)
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4"]
    with ExitStack() as servers:
        servers.enter_context(
            running(*granian, "--port", str(app), "--no-log", "config.wsgi:application", port=app, env=env)
        )
        (folder / "static" / "feeds").mkdir(parents=True)
        (folder / "static" / FEED[1:]).write_bytes(_body(app))
        config = folder / "nginx.conf"
        config.write_text(_nginx(folder, app=app, cached=cached, static=static))
        servers.enter_context(running(*nginx, "-e", "stderr", "-c", str(config), port=static))
        _check_private(cached, env)
        # Interleaved: what else this machine does slows all three alike.
        ports = {"app": app, "cached": cached, "static": static}
        rates: dict[str, list[float]] = {name: [] for name in ports}
        for _slice in range(SLICES):
            for name, port in ports.items():
                rates[name].append(_unchanged_per_second(port, wrk=wrk))
    alone, behind, best = (median(rates[name]) for name in ports)
    yield Figure(
        name="unchanged calendar, answered by Inloop alone, against a file answered by nginx",
        value=best / alone,
        goal=15,
        note=f"{alone:,.0f}/s and {best:,.0f}/s, each 304, {CONNECTIONS} connections",
    )
    yield Figure(
        name="the same behind nginx as documented",
        value=best / behind,
        goal=1.5,
        note=f"{behind:,.0f}/s, kept for 5 s",
    )


def _body(port: int) -> bytes:
    status, _headers, body = ask(f"http://127.0.0.1:{port}{FEED}")
    assert status == 200, status
    return body


def _unchanged_per_second(port: int, *, wrk: list[str]) -> float:
    url = f"http://127.0.0.1:{port}{FEED}"
    _status, headers, _body = ask(url)
    tag = headers["etag"]
    status, _headers, body = ask(url, If_None_Match=tag)
    assert (status, body) == (304, b""), status
    command = [*wrk, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-H", f"If-None-Match: {tag}", url]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "Non-2xx" not in out, out
    found = re.search(r"Requests/sec:\s*([\d.]+)", out)
    assert found, out
    return float(found[1])


def _nginx(folder: Path, *, app: int, cached: int, static: int) -> str:
    """A whole configuration around the documented one, of which only names and places of this machine are changed."""
    site = (ROOT / "docs" / "nginx.conf").read_text()
    changes: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
        (r"server 127\.0\.0\.1:8000;", f"server 127.0.0.1:{app};"),
        (r"/var/cache/inloop", f"{folder}/cache"),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{cached};"),
        (r" +ssl_certificate.*\n", ""),
        (r"/var/log/nginx/inloop\.log inloop", "off"),
        (r"/var/log/nginx/inloop-error\.log crit", "stderr crit"),
    ]
    for pattern, instead in changes:
        site, number = re.subn(pattern, instead, site)
        assert number, f"docs/nginx.conf has no {pattern}"
    # Started by root, nginx would work as somebody who may not enter this folder.
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""
{user}
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
    server {{
        listen 127.0.0.1:{static};
        root {folder}/static;
    }}
}}
"""


def _check_private(port: int, env: dict[str, str]) -> None:
    """That nginx keeps nothing that is somebody's own: what is measured must be safe too."""
    credentials = python("-m", "benches.feed_writing", "key", env=env).strip()
    for path in ("/feeds/private/rota.ics", "/feeds/all.ics"):
        url = f"http://127.0.0.1:{port}{path}"
        nobody = 401 if "private" in path else 200
        asked = [ask(url, Authorization=f"Basic {credentials}")[0], ask(url)[0], ask(url, Authorization="Basic x")[0]]
        assert asked == [200, nobody, nobody], (path, asked)
