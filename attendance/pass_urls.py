from django.urls import path

from attendance import pass_views

app_name = "passes"

urlpatterns = [path("p", pass_views.show, name="show")]
