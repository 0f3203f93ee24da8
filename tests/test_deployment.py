"""What is deployed is what settings, commands and documents say: these files are held against each other."""

import ast
import getpass
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
# What other programs read: the base image's Python, and the database of compose.yaml.
OF_OTHERS = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
MANIFESTS = [
    document
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
]
JOBS = [one["spec"].get("jobTemplate", one) for one in MANIFESTS if one["kind"] in ("Deployment", "Job", "CronJob")]
PODS = [one["spec"]["template"]["spec"] for one in JOBS] + [one["spec"] for one in MANIFESTS if one["kind"] == "Pod"]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = [service for service in COMPOSE["services"].values() if service["image"].startswith("inloop")]
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def in_the_table():
    """The settings that the README lists."""
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    return {name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`([A-Z_]+)`", row)}


def read_by_the_program():
    """What settings.py asks of the environment, and the commands that serve."""
    found = set()
    for name in ("config/settings.py", "config/databases.py", "attendance/management/commands/serve.py"):
        path = ROOT / name
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and re.fullmatch(r"env\.\w+|colour|os\.environ\.get", ast.unparse(node.func)):
                found |= {one.value for one in node.args[:1] if isinstance(one, ast.Constant)}
    return found


def named_in_files():
    env = [name for path in DEPLOY.glob("*.example") for name in re.findall(r"^([A-Z_]+)=", path.read_text(), re.M)]
    units = [line for path in UNITS for line in re.findall(r"^Environment=(.*)$", path.read_text(), re.M)]
    config = [name for one in MANIFESTS if one["kind"] == "ConfigMap" for name in one["data"]]
    image = re.search(r"^ENV (.*?[^\\])$", CONTAINERFILE, re.M | re.S)
    return {*env, *re.findall(r"(\w+)=", " ".join(units)), *config, *re.findall(r"([A-Z_]+)=", image.group(1))}


def test_every_setting_that_is_read_is_in_the_readme_and_no_other():
    assert in_the_table() == read_by_the_program()


def test_every_setting_that_is_deployed_is_one():
    assert named_in_files() - OF_OTHERS - in_the_table() == set()
    assert {"SECRET_KEY", "DATABASE_URL", "BASE_URL"} <= named_in_files()


def test_every_command_that_a_document_or_a_file_names_is_there():
    files = [*DOCUMENTS, *UNITS, *DEPLOY.glob("*.*"), DEPLOY / "Containerfile", *DEPLOY.glob("kubernetes/*.yaml")]
    said = {
        name
        for path in files
        for name in re.findall(r"manage\.py\W+([a-z_]+)", path.read_text())
    }  # fmt: skip
    assert {"migrate", "work", "serve", "backup", "restore"} <= said
    assert said - get_commands().keys() == set()


def test_the_deployment_check_is_clean_with_the_example_settings(tmp_path):
    lines = (DEPLOY / "inloop.env.example").read_text().splitlines()
    env = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- the image


def stages():
    return CONTAINERFILE.split("\nFROM ")[1:]


def test_the_image_is_of_the_python_that_is_tested_and_runs_as_nobody_in_particular():
    python = (ROOT / ".python-version").read_text().strip()
    assert [stage.split()[0].split("-")[0] for stage in stages()] == [f"python:{python}"] * 2
    user = re.findall(r"^USER (\d+):(\d+)$", stages()[-1], re.M)
    assert user == [("10001", "10001")]
    assert "SECRET_KEY=only-for-building ./run" in CONTAINERFILE
    assert "var/secret-key" in stages()[0]


def test_what_builds_and_what_tests_is_not_in_the_image():
    final = stages()[-1]
    assert not re.search(r"\b(gcc|build-essential|nodejs|npm|git|curl|uv)\b", final)
    packages = {
        name: set(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.M))
        for name in ("requirements.txt", "deploy/requirements.txt")
    }
    assert packages["deploy/requirements.txt"] < packages["requirements.txt"]
    names = {name for name, _version in packages["deploy/requirements.txt"]}
    assert {"django", "granian", "psycopg-pool", "prometheus-client"} <= names
    assert not names & {"pytest", "ruff", "mypy", "hypothesis", "duckdb", "selenium", "playwright", "pip"}


def test_the_containers_write_nowhere_but_to_memory_and_may_nothing():
    for service in OURS:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]
        assert "ports" not in service
    assert len(OURS) == 3
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["back"]["internal"] is True


def test_compose_believes_its_own_proxy_and_no_other():
    subnet = COMPOSE["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert f"TRUSTED_PROXIES={subnet}" in (DEPLOY / "inloop.env.example").read_text().splitlines()


def test_pods_keep_to_the_restricted_standard():
    assert len(PODS) == 6
    for pod in PODS:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in [*pod["containers"], *pod.get("initContainers", ())]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip
            assert container["resources"]["limits"]["memory"]


def test_a_pod_serves_no_tables_of_another_version():
    waiting = [pod["initContainers"][0]["command"] for pod in PODS if "initContainers" in pod]
    assert waiting == [["python", "manage.py", "migrate", "--check"]] * 2


def test_no_migration_waits_for_a_table_while_doors_wait_behind_it():
    [job] = [one for one in MANIFESTS if one["kind"] == "Job" and one["metadata"]["name"] == "inloop-migrate"]
    [container] = job["spec"]["template"]["spec"]["containers"]
    told = {one["name"]: one["value"] for one in container["env"]}
    assert told["PGOPTIONS"] == COMPOSE["services"]["migrate"]["environment"]["PGOPTIONS"] == "-c lock_timeout=5s"
    assert 'PGOPTIONS="-c lock_timeout=5s" inloop migrate' in (ROOT / "docs/upgrading.md").read_text()


def test_what_is_applied_before_restoring_starts_nothing_and_is_all_that_it_needs():
    """Else the job that migrates would fill the database, or the restore wait for what is not there."""
    text = (ROOT / "docs/deploying.md").read_text()
    new_cluster = text.partition("On a new cluster")[2].partition("Then go on as above")[0]
    assert "--kustomize" not in new_cluster
    applied = re.findall(r"--filename (deploy/kubernetes/\S+)", new_cluster)
    there = [one for path in applied for one in yaml.safe_load_all((ROOT / path).read_text())]
    assert {one["kind"] for one in there} == {"Namespace", "ConfigMap", "PersistentVolumeClaim", "Pod"}
    asked = (DEPLOY / "kubernetes/restore.yaml").read_text() + (DEPLOY / "kubernetes/copy.yaml").read_text()
    needed = set(re.findall(r"(?:claimName|configMapRef:\n +name): (\S+)", asked))
    assert needed == {one["metadata"]["name"] for one in there if one["kind"] in ("ConfigMap", "PersistentVolumeClaim")}


def test_nothing_is_applied_that_would_come_between_restoring_and_the_backups():
    parts = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    files = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    assert files - set(parts) == {"kustomization.yaml", "restore.yaml", "copy.yaml"}
    # What is suspended for restoring goes on when all is applied again: what is not said there would stay.
    [nightly] = [one for one in MANIFESTS if one["kind"] == "CronJob"]
    assert nightly["spec"]["suspend"] is False
    restoring = (ROOT / "docs/deploying.md").read_text().partition("Restoring: ")[2].partition("On a new cluster")[0]
    steps = ("scale", '"suspend": true', "delete job inloop-migrate", "secret generic", "restore.yaml\n", "--kustomize")
    places = [restoring.index(step) for step in steps]
    assert places == sorted(places)


def test_a_balancer_asks_whether_doors_can_deliver_and_not_whether_the_work_is_late():
    [web] = [one for one in MANIFESTS if one["kind"] == "Deployment" and one["metadata"]["name"] == "inloop-web"]
    [container] = web["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/healthz"
    assert "/healthz" in CONTAINERFILE


def test_no_file_names_a_registry_or_has_a_secret():
    for path in [path for path in DEPLOY.rglob("*") if path.is_file() and path.name != "requirements.txt"]:
        text = path.read_text()
        assert not re.search(r"\b(docker\.io|ghcr\.io|quay\.io|gcr\.io|pypi\.org)\b", text), path
        for value in re.findall(r"(?:PASSWORD|SECRET_KEY|METRICS_TOKEN)=(\S+)", text):
            assert value.startswith(("fill-in", "fill-this-in", "only-for-building")), path


# ---------------------------------------------------------------- Debian


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_shut_in(unit):
    settings = dict(line.split("=", 1) for line in unit.read_text().splitlines() if re.match(r"\w+=", line))
    assert settings["User"] == "inloop"
    assert settings["EnvironmentFile"] == "/etc/inloop/inloop.env"
    assert settings["CapabilityBoundingSet"] == ""
    assert settings["ProtectSystem"] == "strict"
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables"):
        assert settings[name] == "yes"


def test_backups_are_kept_for_as_many_days_as_the_documents_say():
    """For so long a key that was destroyed lives on in them."""
    places = (
        "deploy/systemd/inloop-backup.service",
        "deploy/kubernetes/backup.yaml",
        "docs/operating.md",
        "docs/deploying.md",
    )
    found = [re.findall(r'--keep-days"?,? "?(\d+)', (ROOT / path).read_text()) for path in places]
    assert [set(days) for days in found] == [{"7"}] * len(places)
    assert re.search(r"^\| backups.*\| 7 \|", (ROOT / "docs/privacy.md").read_text(), re.M)


def test_a_command_runs_with_the_settings_of_the_file_whatever_is_in_them(tmp_path):
    (tmp_path / "inloop").symlink_to(DEPLOY / "inloop")
    lines = [
        "# a comment",
        "",
        f"BASE_URL={settings.BASE_URL}",
        'PROGRAMME_NAME=Be on "Track" & $HOME',
        "SECRET_KEY=fill-in",
    ]
    (tmp_path / "inloop.env").write_text("\n".join(lines))
    env = os.environ | {"INLOOP_SETTINGS": str(tmp_path / "inloop.env"), "INLOOP_USER": getpass.getuser()}
    command = [
        str(tmp_path / "inloop"),
        "shell",
        "-v0",
        "-c",
        "from django.conf import settings as s; print(s.PROGRAMME_NAME)",
    ]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ('Be on "Track" & $HOME\n', "")


def test_figures_of_the_machine_are_for_nobody_outside():
    for path in (ROOT / "docs/nginx.conf", DEPLOY / "Caddyfile"):
        assert re.search(r"/metrics\b[\s{]*(return |respond )404", path.read_text()), path


def test_the_proxies_lead_pages_to_https_and_hand_on_programs_to_be_refused():
    nginx, caddy = (ROOT / "docs/nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    plain = nginx.partition("listen 80;")[2].partition("listen 443")[0]
    assert re.search(r"location / \{\s+return 301 https:", plain)
    assert re.search(r"location /api/ \{\s+proxy_pass .*\s.*\s+proxy_set_header X-Forwarded-Proto \$scheme;", plain)
    plain = caddy.partition("http:// {")[2].partition("{$BASE_URL}")[0]
    assert re.search(r"handle /api/\* \{[^}]+\}\s+reverse_proxy", plain)
    assert "redir https://{host}{uri} permanent" in plain
    # Caddy's own redirect would come first.
    assert "auto_https disable_redirects" in caddy


def test_the_proxies_hand_on_a_body_once_it_is_whole_so_that_nobody_holds_up_the_server_by_sending_slowly():
    nginx, caddy = (ROOT / "docs/nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    assert re.findall(r"proxy_request_buffering (\w+);", nginx) == ["on"]
    assert caddy.count("request_buffers 6MB") == caddy.count("reverse_proxy") == 3


def test_the_proxies_tell_the_api_whose_address_it_is():
    """Else all who have no token would share one limit of calls."""
    caddy = (DEPLOY / "Caddyfile").read_text()
    [counted] = re.findall(r"path_regexp (\S+)", caddy)
    found = [
        bool(re.match(counted, path)) for path in ("/api/v1/sessions", "/desk/login", "/en/desk/account", "/api", "/")
    ]
    assert found == [True, True, True, False, False]


def test_the_proxy_s_logs_have_no_address_and_no_query():
    text = (ROOT / "docs/nginx.conf").read_text()
    [form] = re.findall(r"log_format inloop '(.*)'", text)
    assert not re.search(r"\$(remote_addr|request_uri|request\b|args|http_)", form)
    # An error's line has both, below this level.
    assert re.findall(r"error_log \S+ (\w+);", text) == ["crit"]
    assert "exclude http.log.error" in (DEPLOY / "Caddyfile").read_text()
