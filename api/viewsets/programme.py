from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpResponseBase
from django.utils.timezone import now
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from activities import closing_days, publishing
from activities.filters import ActivityFilter, SessionFilter
from activities.models import Activity, Programme, Session
from activities.places_taken import with_places_taken
from api.conditions import if_match
from api.files import RENDERERS, is_asked_for, or_as_file
from api.kept import kept_until_change
from api.once import once
from api.permissions import IsPublisher, IsPublisherOrReads
from api.serializers.programme import (
    ActivitySerializer,
    CancelSerializer,
    ChangeSerializer,
    ClosureSerializer,
    EndSerializer,
    ExtraDateSerializer,
    HolidayOverrideSerializer,
    LocationSerializer,
    MoveSerializer,
    OrganisationSerializer,
    ProgrammeSerializer,
    RestoreSerializer,
    SessionSerializer,
)
from api.viewsets.base import PAGES, ApiViewSet
from attendance.places import reading
from schools.models import Closure, HolidayOverride, Kind, Location, Organisation, Scope


class OrganisationFilter(FilterSet):
    kind = ChoiceFilter(choices=Kind)


class PublishedViewSet(ApiViewSet):
    """What everybody may read, the same for all."""

    open_actions = frozenset({"list", "retrieve"})

    def edition(self) -> object:
        """Another one when there is another answer though the programme did not change; None if nobody can tell."""
        return 0

    @kept_until_change
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @kept_until_change
    def retrieve(self, request: Request, **key: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)


class ReadViewSet(PublishedViewSet):
    scope = None
    permission_classes = [AllowAny]
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]+"


class OrganisationViewSet(ReadViewSet):
    queryset = Organisation.objects.order_by("name", "pk")
    serializer_class = OrganisationSerializer
    filterset_class = OrganisationFilter


class LocationViewSet(ReadViewSet):
    queryset = Location.objects.select_related("organisation", "neighbourhood").order_by("name", "pk")
    serializer_class = LocationSerializer


class ProgrammeViewSet(ReadViewSet):
    queryset = Programme.objects.order_by("name", "pk")
    serializer_class = ProgrammeSerializer


class ActivityViewSet(ReadViewSet):
    scope = Scope.PUBLISH
    queryset = Activity.objects.with_places().order_by("title", "pk")
    serializer_class = ActivitySerializer
    permission_classes = [IsPublisherOrReads]
    filterset_class = ActivityFilter

    def get_queryset(self) -> QuerySet[Activity]:
        activities = super().get_queryset()
        if self.action in ("list", "retrieve"):
            return activities.published()
        return activities.for_user(self.person)

    @once
    def create(self, request: Request) -> Response:
        data = self.validated(ActivitySerializer)
        data.pop("archived", None)
        activity = publishing.publish(Activity(**data))
        return Response(self.get_serializer(activity).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangeSerializer)
    @if_match
    def partial_update(self, request: Request, slug: str) -> Response:
        activity = self.get_object()
        data = self.validated(ChangeSerializer, instance=activity, partial=True)
        archived = data.pop("archived", None)
        how = {
            "from_on": data.pop("change_from", None),
            "by_hand": data.pop("change_by_hand", False),
            "keep_clashes": data.pop("keep_clashes", False),
        }
        if "schedule" in data:
            # A part of a schedule was laid over what was there when it was read: nobody's change may get lost by that.
            how["if_version"] = activity.version
        with transaction.atomic():
            if data or archived is False:  # which is refused for one that is archived
                activity = publishing.change(activity, data, **how)
            if archived:
                activity = publishing.archive(activity)
        return Response(self.get_serializer(activity).data)

    @extend_schema(request=EndSerializer)
    @action(detail=True, methods=["post"])
    @if_match
    def end(self, request: Request, slug: str) -> Response:
        """Let the series end on a day."""
        activity = publishing.end(self.get_object(), **self.validated(EndSerializer))
        return Response(self.get_serializer(activity).data)

    @extend_schema(request=ExtraDateSerializer, responses={201: SessionSerializer})
    @action(detail=True, methods=["post"])
    @once
    def sessions(self, request: Request, slug: str) -> Response:
        """Add an extra date, which no schedule takes away again."""
        session = publishing.add(self.get_object(), **self.validated(ExtraDateSerializer))
        body = SessionSerializer(session, context=self.get_serializer_context()).data
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    @if_match
    def destroy(self, request: Request, slug: str) -> Response:
        publishing.delete(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionViewSet(PublishedViewSet):
    scope = Scope.PUBLISH
    queryset = Session.objects.with_places().in_order()
    serializer_class = SessionSerializer
    permission_classes = [IsPublisherOrReads]
    filterset_class = SessionFilter
    lookup_value_converter = "uuid"
    renderer_classes = RENDERERS

    def get_renderers(self) -> list[Any]:
        """Only the list is also a file."""
        found = super().get_renderers()
        return found if self.action == "list" else found[:1]

    def query_keys_of(self, action: str | None) -> set[str]:
        """A file has all rows, and so no pages."""
        return super().query_keys_of(action) - (PAGES if is_asked_for(self.request) else set())

    def edition(self) -> object:
        return reading.edition(at=now())

    def told(self, rows: Iterable[Session]) -> list[Session]:
        """Of many rows at once, what each would ask for itself."""
        return with_places_taken(rows, at=now())

    def paginate_queryset(self, queryset: Any) -> list[Session]:
        return self.told(super().paginate_queryset(queryset) or ())

    def get_queryset(self) -> QuerySet[Session]:
        sessions = super().get_queryset()
        if self.action in ("list", "retrieve"):
            return sessions.published()
        return sessions.for_user(self.person)

    @or_as_file
    def list(self, request: Request) -> HttpResponseBase:
        return super().list(request)

    @extend_schema(request=MoveSerializer)
    @if_match
    def partial_update(self, request: Request, pk: Any) -> Response:
        """Move it: it stays the same session."""
        moved = publishing.move(self.get_object(), **self.validated(MoveSerializer))
        return Response(self.get_serializer(moved).data)

    @extend_schema(request=CancelSerializer)
    @action(detail=True, methods=["post"])
    @if_match
    def cancel(self, request: Request, pk: Any) -> Response:
        cancelled = publishing.cancel(self.get_object(), **self.validated(CancelSerializer))
        return Response(self.get_serializer(cancelled).data)

    @extend_schema(request=RestoreSerializer)
    @action(detail=True, methods=["post"])
    @if_match
    def restore(self, request: Request, pk: Any) -> Response:
        restored = publishing.restore(self.get_object(), **self.validated(RestoreSerializer))
        return Response(self.get_serializer(restored).data)

    @extend_schema(responses={204: None})
    @if_match
    def destroy(self, request: Request, pk: Any) -> Response:
        """Take an extra date away again; a date of a series is cancelled instead."""
        publishing.take_back(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ClosureViewSet(mixins.ListModelMixin, ApiViewSet):
    scope = Scope.PUBLISH
    queryset = Closure.objects.select_related("organisation", "location").annotate(
        cancelled_session_count=Count("cancelled_sessions")
    )
    serializer_class = ClosureSerializer
    permission_classes = [IsPublisher]
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Closure]:
        return super().get_queryset().for_user(self.person).order_by("starts_on", "created_at", "pk")

    @once
    def create(self, request: Request) -> Response:
        closure = Closure(**self.validated(ClosureSerializer))
        closure.cancelled_session_count = closing_days.close(closure, at=now())
        return Response(self.get_serializer(closure).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: Any) -> Response:
        closing_days.reopen(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class HolidayOverrideViewSet(mixins.ListModelMixin, ApiViewSet):
    scope = Scope.PUBLISH
    queryset = HolidayOverride.objects.select_related("organisation")
    serializer_class = HolidayOverrideSerializer
    permission_classes = [IsPublisher]
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[HolidayOverride]:
        return super().get_queryset().for_user(self.person).order_by("starts_on", "created_at", "pk")

    @once
    def create(self, request: Request) -> Response:
        """Days on which a school is free, or is not, other than the region."""
        days = HolidayOverride(**self.validated(HolidayOverrideSerializer))
        closing_days.decide(days, at=now())
        return Response(self.get_serializer(days).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: Any) -> Response:
        closing_days.take_back(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
