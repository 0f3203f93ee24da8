from django.urls import path

from activities.desk import agenda, campaigns, changes, programme, resources, series, sessions, sources

urlpatterns = [
    path("/activities", programme.activity_list, name="activities"),
    path("/activities/new", programme.activity_new, name="activity_new"),
    path("/activities/preview", programme.activity_preview, name="activity_preview"),
    path("/activities/<slug:slug>", programme.activity_detail, name="activity_detail"),
    path("/activities/<slug:slug>/edit", programme.activity_edit, name="activity_edit"),
    path("/activities/<slug:slug>/copy", programme.activity_copy, name="activity_copy"),
    path("/activities/<slug:slug>/archive", programme.activity_archive, name="activity_archive"),
    path("/activities/<slug:slug>/delete", programme.activity_delete, name="activity_delete"),
    path("/activities/<slug:slug>/preview", programme.activity_preview, name="activity_preview"),
    path("/activities/<slug:slug>/end", series.activity_end, name="activity_end"),
    path("/activities/<slug:slug>/add", sessions.session_add, name="session_add"),
    path("/sessions/<uuid:pk>/cancel", sessions.session_cancel, name="session_cancel"),
    path("/sessions/<uuid:pk>/move", sessions.session_move, name="session_move"),
    path("/sessions/<uuid:pk>/restore", sessions.session_restore, name="session_restore"),
    path("/sessions/<uuid:pk>/take-back", sessions.session_take_back, name="session_take_back"),
    path("/days", series.days_list, name="days"),
    path("/days/closures/new", series.closure_new, name="closure_new"),
    path("/days/closures/remove", series.closure_remove, name="closure_remove"),
    path("/days/own/new", series.own_days_new, name="own_days_new"),
    path("/days/own/<uuid:pk>/remove", series.own_days_remove, name="own_days_remove"),
    *agenda.urlpatterns,
    *campaigns.urlpatterns,
    *changes.urlpatterns,
    *resources.urlpatterns,
    *sources.urlpatterns,
]
