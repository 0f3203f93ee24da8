from django.contrib.auth.views import LogoutView
from django.urls import path

from activities import desk as programme
from attendance import desk, pass_views, uncounted
from schools.views import Login

app_name = "desk"

# Mounted at "desk": nothing here ends in a slash.
urlpatterns = [
    path("", desk.home, name="home"),
    path("/check-ins", uncounted.index, name="check_ins"),
    path("/login", Login.as_view(), name="login"),
    path("/logout", LogoutView.as_view(), name="logout"),
    path("/activities", programme.activity_list, name="activities"),
    path("/activities/new", programme.activity_new, name="activity_new"),
    path("/activities/preview", programme.activity_preview, name="activity_preview"),
    path("/activities/<slug:slug>", programme.activity_detail, name="activity_detail"),
    path("/activities/<slug:slug>/edit", programme.activity_edit, name="activity_edit"),
    path("/activities/<slug:slug>/archive", programme.activity_archive, name="activity_archive"),
    path("/activities/<slug:slug>/delete", programme.activity_delete, name="activity_delete"),
    path("/sessions/<uuid:pk>/cancel", programme.session_cancel, name="session_cancel"),
    path("/sessions/<uuid:pk>/move", programme.session_move, name="session_move"),
    path("/sessions/<uuid:pk>/restore", programme.session_restore, name="session_restore"),
    path("/passes", pass_views.index, name="passes"),
    path("/passes/revoke", pass_views.revoke, name="pass_revoke"),
]
