from django.urls import path

from attendance import pass_views, walk_in_views

app_name = "passes"

urlpatterns = [path("p", pass_views.show, name="show"), path("in", walk_in_views.page, name="walk_in")]
