from django.urls import path

from schools import views

app_name = "site"

urlpatterns = [
    path("privacy", views.privacy, name="privacy"),
    path("accessibility", views.accessibility, name="accessibility"),
]
