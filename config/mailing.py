"""How letters leave, by an address. Pure."""

from typing import Any

import environ


def mailer(url: str) -> dict[str, Any]:
    """smtp+tls://user:password@host:587, smtp+ssl://…:465, smtp://host:25, filemail:///folder or consolemail://"""
    said = environ.Env.email_url_config(url)
    options: dict[str, object] = {}
    if url.startswith("smtp"):
        options = {
            "host": said["EMAIL_HOST"],
            "port": said["EMAIL_PORT"],
            "username": said["EMAIL_HOST_USER"],
            "password": said["EMAIL_HOST_PASSWORD"],
            "use_tls": said.get("EMAIL_USE_TLS", False),
            "use_ssl": said.get("EMAIL_USE_SSL", False),
            "timeout": 20,
        }
    elif url.startswith("filemail"):
        options = {"file_path": f"/{said['EMAIL_FILE_PATH']}"}
    return {"BACKEND": said["EMAIL_BACKEND"], "OPTIONS": options}
