from django.urls import path

from attendance import pass_views, place_views, walk_in_views

app_name = "passes"

urlpatterns = [
    path("p", pass_views.show, name="show"),
    path("p/places", place_views.of_pass, name="places"),
    path("in", walk_in_views.page, name="walk_in"),
]
