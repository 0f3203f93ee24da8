"""Every command that the documents tell to type: tried here, tried by another test, or on a list that says why not."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from towns.commands import without_option

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# Which test runs a command of ours; it has to name it.
RUN_BY = {
    "backup": "test_backups.py",
    "check": "test_commands.py",
    "close_weeks": "test_closing.py",
    "demo": "test_demo_command.py",
    "export_organisation": "test_moving.py",
    "forget_second_step": "test_signing_in.py",
    "housekeeping": "test_commands.py",
    "import_organisation": "test_moving.py",
    "issue_token": "api/test_tokens.py",
    "municipality": "test_towns_commands.py",
    "migrate": "../attendance/management/commands/demo.py",  # which every test with a real server runs
    "privacy_report": "test_kept.py",
    "restore": "test_backups.py",
    "serve": "sites.py",
    "shell": "browser/doors.py",
    "work": "test_commands.py",
}
# Tried where the test has what it takes.
RUNS = {
    "": "every part of it: tests/sites.py starts what ./run starts",
    "test": "it runs this",
    "check": "CI runs it with every change",
    "audit": "CI runs it with every change; what it makes of an answer: tests/test_dependencies.py",
    "bench": "takes long: ./run bench --trial by hand before a release",
    "failover": "takes long: by hand before a release",
    "faults": "takes long: by hand before a release; the quick ones are in tests/test_faults.py",
    "load": "takes long: by hand before a release",
    "lock": "asks the registries, and writes what is committed",
    "screenshots": "writes what is committed",
    "true": "sets up, as every other does",
}
# Not tried: by the first words of the line.
NEEDS = {
    "adduser": "a machine of one's own to administrate",
    "apt install": "the same",
    "ln -s": "the same",
    "certbot": "a name of one's own",
    "cd /opt/inloop": "the same",
    "chmod": "what cp made",
    "curl -O": "a server that runs; every program that asks the API starts so, tests/api/test_clients.py too",
    "docker compose": "a container engine; the file is read by tests/test_deployment.py",
    "docker build": "the same; what it builds is read there too",
    "docker tag": "the same",
    "git clone": "an address where the sources are published",
    "kubectl": "a cluster; the manifests are read by tests/test_deployment.py",
    "psql": "a server with a municipality to restore; the same is done by tests/test_towns_commands.py",
    "vacuumdb": "a server where the program is not the owner; what it does is tried by tests/test_shredding.py",
    "su postgres": "a PostgreSQL server of one's own; its SQL is tried by tests/test_privileges.py",
    "systemctl": "a machine with systemd; the units are read by tests/test_deployment.py",
    "npx openapi-typescript": "the network where it is not installed; tests/api/test_clients.py runs the same",
    "uvx openapi-python-client": "the network; tests/api/test_clients.py runs the same",
}
INTERACTIVE = {"createsuperuser": "asks questions; Django's own"}


def shell_lines():
    for path in DOCUMENTS:
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", path.read_text(), re.M | re.S):
            for line in block.splitlines():
                yield pytest.param(line.strip(), id=f"{path.name}: {line.strip()}"[:90])


def commands_of_tables():
    """`manage.py demo [--json] [--weeks N]` of the README, and ./run bench with what may follow."""
    for line in re.findall(r"^\| `(.+?)` \|", (ROOT / "README.md").read_text(), re.M):
        if line.startswith(("manage.py", "./run")):
            yield line


@pytest.mark.parametrize("line", shell_lines())
def test_each_line_to_type_is_tried_or_on_a_list_that_says_why_not(line):
    words = shlex.split(line, comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    if "manage.py" in words:
        [_program, name, *arguments], _municipality = without_option(words[words.index("manage.py") :])
        can_be_asked(name, arguments)
    elif words[0] == "inloop":  # deploy/inloop, which tests/test_deployment.py tries
        can_be_asked(*words[1:2], words[2:])
    elif words[0] == "./run":
        can_be_run(*words[1:2])
    elif words[0] in ("cp", "install"):
        sources = [word for word in words[1:-1] if "/" in word]
        assert sources
        assert all(list(ROOT.glob(source)) for source in sources), line
    else:
        assert any(line.startswith(begin) for begin in NEEDS), f"try it, or say in NEEDS why not: {line}"


def can_be_asked(name, arguments):
    """It is a command, it takes these options, and a test runs it."""
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    parser.parse_args(arguments)
    if name not in INTERACTIVE:
        assert re.search(rf"[\"'\[ ]{name}[\"'\] ]", (ROOT / "tests" / RUN_BY[name]).read_text()), name


def can_be_run(name=""):
    assert name in RUNS
    cases = (ROOT / "run").read_text().partition("case ${1-} in")[2]
    assert name == "true" or re.search(rf"^    (\w+ \| )*{name or chr(34) * 2}( \| \w+)*\)", cases, re.M)


@pytest.mark.parametrize("line", commands_of_tables())
def test_each_command_of_the_table_is_there_with_its_options(line):
    optional = re.findall(r"\[(--[a-z-]+)(?: [A-Z]+)?\]", line)
    program, *words = re.sub(r"\[.*?\]", "", line).split()
    if program == "./run":
        can_be_run(*(word for word in words[:1] if word not in ("CMD", "…")))
        return
    name, *arguments = words
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    known = {option for action in parser._actions for option in action.option_strings}
    assert set(optional) <= known
    assert len(arguments) == sum(not one.option_strings and one.nargs != "?" for one in parser._actions)
    assert RUN_BY[name]


def test_no_list_holds_what_no_document_says():
    text = "\n".join(path.read_text() for path in DOCUMENTS)
    unsaid = [name for name in [*RUN_BY, *INTERACTIVE] if not re.search(rf"manage\.py\s+{name}\b", text)]
    unsaid += [begin for begin in NEEDS if f"\n{begin}" not in text]
    assert unsaid == ["serve"]  # by the units and the image


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(path):
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text())
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(path):
    named = re.findall(
        r"`((?:tests|docs|deploy|config|towns|schools|activities|attendance|api|benches|drills)/[\w./-]+)`",
        path.read_text(),
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_picture_is_told_in_words():
    pictures = [found for path in DOCUMENTS for found in re.findall(r"!\[(.*?)\]\((.+?)\)", path.read_text())]
    assert len(pictures) >= 3
    assert [file for words, file in pictures if len(words) < 20] == []
