from django.urls import path

from attendance.door import views

app_name = "door"

urlpatterns = [
    path("", views.page, name="page"),
    path("/sessions", views.sessions, name="sessions"),
]
