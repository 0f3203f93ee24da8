from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from api.docs import docs
from api.document import DescriptionView
from api.problems import not_found
from api.viewsets.doors import CheckInViewSet, DeviceViewSet, PassViewSet
from api.viewsets.programme import (
    ActivityViewSet,
    ClosureViewSet,
    HolidayOverrideViewSet,
    LocationViewSet,
    OrganisationViewSet,
    ProgrammeViewSet,
    SessionViewSet,
)
from api.viewsets.totals import ReachViewSet, WeeklyTotalsViewSet

app_name = "api"

router = SimpleRouter(trailing_slash=False)
router.register("organisations", OrganisationViewSet)
router.register("locations", LocationViewSet)
router.register("programmes", ProgrammeViewSet)
router.register("activities", ActivityViewSet)
router.register("sessions", SessionViewSet)
router.register("closures", ClosureViewSet)
router.register("holiday-overrides", HolidayOverrideViewSet)
router.register("devices", DeviceViewSet)
router.register("passes", PassViewSet)
router.register("check-ins", CheckInViewSet)
router.register("weekly-totals", WeeklyTotalsViewSet, basename="weekly-totals")
router.register("reach", ReachViewSet, basename="reach")

urlpatterns = [
    path("", docs, name="docs"),
    path("/v1/openapi.json", DescriptionView.as_view(), name="description"),
    path("/v1/", include(router.urls)),
    re_path(r"^/(?P<path>.*)$", not_found, name="not-found"),
]
