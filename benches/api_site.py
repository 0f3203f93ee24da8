"""The addresses of the site, and a view that hands over finished bytes."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as site

FINISHED: dict[str, bytes] = {}


@login_not_required
def bare(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(FINISHED[name], content_type="application/json")


urlpatterns = [path("bare/<str:name>", bare), *site]
