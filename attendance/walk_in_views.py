"""The page of who walks in without a pass, on their own phone."""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from attendance.forms import WalkInForm
from schools.views import WALK_IN_REMEMBERED_HOURS


@login_not_required
@csrf_exempt  # another site does not know the code of this half minute, and the page for it may set no cookie
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    form = WalkInForm(request.POST if request.method == "POST" else None, initial={"id": uuid.uuid4()})
    walk_in = form.apply(at=now()) if form.is_valid() else None
    context = {"form": form, "walk_in": walk_in, "hours": WALK_IN_REMEMBERED_HOURS}
    return render(request, "attendance/walk_in.html", context)
