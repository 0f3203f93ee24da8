from django.contrib.auth.views import LogoutView
from django.urls import include, path

from attendance import desk, pass_views, uncounted
from schools.views import Login

app_name = "desk"

# Mounted at "desk": nothing here ends in a slash.
urlpatterns = [
    path("", desk.home, name="home"),
    path("/check-ins", uncounted.index, name="check_ins"),
    path("/login", Login.as_view(), name="login"),
    path("/logout", LogoutView.as_view(), name="logout"),
    path("", include("activities.desk.urls")),
    path("/passes", pass_views.index, name="passes"),
    path("/passes/revoke", pass_views.revoke, name="pass_revoke"),
]
