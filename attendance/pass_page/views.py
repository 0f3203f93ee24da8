"""A young person's pass on their own phone: the page, and what makes an app of it that works without a connection."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from attendance import installed, passes
from attendance.forms import ShowForm
from schools.qr import qr_svg
from schools.unchanged import kept_a_minute

PAGE = "attendance/pass.html"
OFFLINE = "attendance/pass_offline.html"
MADE_OF = ("site.css", "pass/page.js", "places.js", "mark.svg", "pass-192.png", "pass-512.png", "pass-maskable.png")


@login_not_required
@csrf_exempt  # it changes nothing, and the page for it may set no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The phone draws the pass itself; for one without scripts it comes in a body and is drawn here.

    Nothing is looked up: it does not tell whether a pass exists.
    """
    form = ShowForm(request.POST if request.method == "POST" else None)
    code = qr_svg(passes.pass_url(form.cleaned_data["token"])) if form.is_valid() else ""
    context = {"form": ShowForm() if code else form, "code": code, "code_begins": passes.pass_url("")}
    may_keep = never_cache if request.method == "POST" else kept_a_minute
    return may_keep(render)(request, PAGE, context)


@login_not_required
@require_safe
@kept_a_minute
def offline(request: HttpRequest) -> HttpResponse:
    """For a page near this one that cannot be reached: kept on the phone beside the pass."""
    return render(request, OFFLINE)


@require_safe
@never_cache
@login_not_required
def worker(request: HttpRequest) -> HttpResponse:
    page, away = reverse("passes:show"), reverse("passes:offline")
    words = [render_to_string(name, {"form": ShowForm()}, request) for name in (PAGE, OFFLINE)]
    theme = [settings.THEME_STYLESHEET, static("theme-nlds.css")] if settings.THEME_STYLESHEET.startswith("/") else []
    kept = [page, away, reverse("passes:manifest"), *map(static, MADE_OF), *theme]
    return installed.worker("pass/sw.js", words=words, kept=kept, addresses={"page": page, "offline": away})


@require_safe
@login_not_required
def manifest(request: HttpRequest) -> JsonResponse:
    name = _("My pass")
    return installed.manifest(
        reverse("passes:show"), name=f"{name} · {settings.TOWN_NAME}", short_name=name, icon="pass", colour="#ffffff"
    )
