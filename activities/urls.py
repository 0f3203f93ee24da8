from django.urls import path

from activities import views

app_name = "activities"

urlpatterns = [
    path("", views.home, name="home"),
    path("activities/<slug:slug>", views.activity_detail, name="activity_detail"),
    path("activities/<slug:slug>/qr.svg", views.activity_code, name="activity_code"),
    path("activities/<slug:slug>/picture.png", views.activity_picture, name="activity_picture"),
    path("embed", views.embed, name="embed"),
    path("locations/<slug:slug>", views.location_detail, name="location_detail"),
    path("locations/<slug:slug>/qr.svg", views.location_code, name="location_code"),
    path("organisations/<slug:slug>", views.organisation_detail, name="organisation_detail"),
    path("organisations/<slug:slug>/qr.svg", views.organisation_code, name="organisation_code"),
    path("q/<str:letters>", views.campaign, name="campaign"),
    path("programmes/<slug:slug>", views.programme_detail, name="programme_detail"),
    path("programmes/<slug:slug>/qr.svg", views.programme_code, name="programme_code"),
]
