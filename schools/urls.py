from django.urls import path

from schools import invitation_views, views

app_name = "site"

urlpatterns = [
    path("privacy", views.privacy, name="privacy"),
    path("accessibility", views.accessibility, name="accessibility"),
    path("invite", invitation_views.page, name="invite"),
]
