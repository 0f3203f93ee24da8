"""Whether somebody gets the figures of the week by mail: their own choice, on a page of the desk."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from attendance import digests
from schools.gate import StaffRequest, staff_only
from schools.models import DigestSubscription


class DigestForm(forms.Form):
    language = forms.ChoiceField(label=gettext_lazy("Language of the e-mail"), choices=settings.STAFF_LANGUAGES)


@staff_only
def choice(request: StaffRequest) -> HttpResponse:
    mine = DigestSubscription.objects.filter(user=request.user).first()
    form = DigestForm(request.POST or None, initial={"language": mine.language if mine else get_language()})
    if request.method == "POST" and "stop" in request.POST:
        digests.stop(request.user)
        messages.success(request, _("You do not get this e-mail any more."))
        return redirect("desk:digest")
    if request.method == "POST" and form.is_valid():
        digests.choose(request.user, language=form.cleaned_data["language"], at=now())
        messages.success(request, _("You get the figures every Monday morning."))
        return redirect("desk:digest")
    return render(request, "attendance/digest.html", {"form": form, "mine": mine})
