from django.urls import path

from attendance.door import keepers, page

app_name = "door"

# Mounted at "door": nothing here ends in a slash.
urlpatterns = [
    path("", page.page, name="page"),
    path("/worker.js", page.worker, name="worker"),
    path("/manifest.webmanifest", page.manifest, name="manifest"),
    path("/state", keepers.state, name="state"),
    path("/passes", keepers.passes, name="passes"),
    path("/pair", keepers.pair, name="pair"),
]
