from django.conf import settings
from django.http import HttpRequest


def town(request: HttpRequest) -> dict[str, object]:
    """What every page says of the town; nothing here asks who is reading."""
    return {
        "town_name": settings.TOWN_NAME,
        "programme_name": settings.PROGRAMME_NAME,
        "theme_class": settings.THEME_CLASS,
        "theme_stylesheet": settings.THEME_STYLESHEET,
        "contact_email": settings.CONTACT_EMAIL,
    }
