from django.urls import path

from attendance import place_views, walk_in_views
from attendance.pass_page import views

app_name = "passes"

urlpatterns = [
    path("p", views.show, name="show"),
    path("p/offline", views.offline, name="offline"),
    path("p/worker.js", views.worker, name="worker"),
    path("p/manifest.webmanifest", views.manifest, name="manifest"),
    path("p/places", place_views.of_pass, name="places"),
    path("in", walk_in_views.page, name="walk_in"),
]
