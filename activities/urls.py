from django.urls import path

from activities import views

app_name = "activities"

urlpatterns = [
    path("", views.home, name="home"),
    path("activities/<slug:slug>", views.activity_detail, name="activity_detail"),
    path("locations/<slug:slug>", views.location_detail, name="location_detail"),
]
