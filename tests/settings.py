"""The project's own settings, for a test client that speaks plain http."""

import os
import tempfile
from pathlib import Path

os.environ["BASE_URL"] = "http://testserver"

from config.settings import *  # noqa: F403
from config.settings import ALLOWED_HOSTS, DATABASES

# Signing in is not what the tests wait for.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file of this run alone, so that two runs do not meet; and nothing in it must survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / f"inloop-test-{os.getpid()}.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON"
    )

# Files are looked for when they are asked for, not all at the start of every test client.
WHITENOISE_AUTOREFRESH = True

# Tests ask more in a minute than anybody would; those of the limit set it themselves.
API_CALLS_PER_MINUTE = API_FILES_PER_MINUTE = 1_000_000
