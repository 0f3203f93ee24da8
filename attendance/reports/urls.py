from django.urls import path

from attendance.reports import views

urlpatterns = [
    path("/charts", views.charts_page, name="charts"),
    path("/entries", views.entries, name="entries"),
    path("/entries/new", views.entry_new, name="entry_new"),
    path("/entries/<uuid:pk>/edit", views.entry_edit, name="entry_edit"),
    path("/entries/<uuid:pk>/remove", views.entry_remove, name="entry_remove"),
    path("/tables/<slug:name>/<slug:form>", views.download, name="table"),
    path("/year", views.this_year, name="this_year"),
    path("/year/<int:year>", views.year, name="year"),
    path("/year/<int:year>/texts", views.year_texts, name="year_texts"),
    path("/year/<int:year>/pdf", views.year_pdf, name="year_pdf"),
]
