from django.contrib.auth.views import LogoutView
from django.urls import include, path

from attendance import (
    correcting_views,
    desk,
    device_views,
    digest_views,
    grant_views,
    pass_views,
    place_views,
    settling_views,
    target_views,
    today,
    uncounted,
)
from schools import token_views
from schools.signin.views import Login

app_name = "desk"

# Mounted at "desk": nothing here ends in a slash.
urlpatterns = [
    path("", desk.home, name="home"),
    path("/check-ins", uncounted.index, name="check_ins"),
    path("/check-ins/settle", settling_views.settle, name="settle"),
    path("/check-ins/take-back", settling_views.take_back, name="settlement_take_back"),
    path("/corrections", correcting_views.index, name="corrections"),
    path("/corrections/decide", correcting_views.decide, name="correction_decide"),
    path("/corrections/put-aside", correcting_views.put_aside, name="correction_put_aside"),
    path("/today", today.index, name="counts"),
    path("/today/uncounted", today.uncounted, name="uncounted"),
    path("/today/<uuid:pk>", today.count, name="count"),
    path("/today/<uuid:pk>/nobody", today.nobody, name="nobody_came"),
    path("/today/<uuid:pk>/<uuid:check_in>/take-back", today.take_back, name="count_take_back"),
    path("/digest", digest_views.choice, name="digest"),
    path("/kept", desk.what_is_kept, name="kept"),
    path("/login", Login.as_view(), name="login"),
    path("/logout", LogoutView.as_view(), name="logout"),
    path("", include("activities.desk.urls")),
    path("", include("attendance.reports.urls")),
    path("/grants", grant_views.index, name="grants"),
    path("/grants/rules/new", grant_views.new, name="grant_new"),
    path("/grants/rules/<uuid:pk>/edit", grant_views.edit, name="grant_edit"),
    path("/grants/rules/<uuid:pk>/remove", grant_views.remove, name="grant_remove"),
    path("/grants/<uuid:pk>/<slug:slug>", grant_views.detail, name="grant_detail"),
    path("/places", place_views.index, name="places"),
    path("/places/<uuid:pk>", place_views.of_session, name="class_places"),
    path("/passes", pass_views.index, name="passes"),
    path("/passes/hand-out", pass_views.hand_out, name="pass_hand_out"),
    path("/passes/renew", pass_views.renew, name="passes_renew"),
    path("/passes/revoke", pass_views.revoke, name="pass_revoke"),
    path("/tokens", token_views.index, name="tokens"),
    path("/tokens/revoke", token_views.revoke, name="token_revoke"),
    path("/devices", device_views.index, name="devices"),
    path("/devices/new", device_views.new, name="device_new"),
    path("/devices/<uuid:pk>/code", device_views.code, name="device_code"),
    path("/devices/<uuid:pk>/pairing", device_views.pairing, name="device_pairing"),
    path("/devices/<uuid:pk>/revoke", device_views.revoke, name="device_revoke"),
    path("/targets", target_views.index, name="targets"),
    path("/targets/new", target_views.new, name="target_new"),
    path("/targets/<slug:kind>/<slug:slug>/<slug:day>/remove", target_views.remove, name="target_remove"),
]
