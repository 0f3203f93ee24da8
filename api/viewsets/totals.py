import datetime as dt
from typing import Any

from django.http import HttpResponseBase
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from activities.weeks import week_of
from api.files import RENDERERS, as_file, is_asked_for
from api.serializers.totals import (
    QuestionSerializer,
    ReachQuestionSerializer,
    ReachSerializer,
    WeeklyTotalsSerializer,
    flat,
    spoken,
    spoken_reach,
    table_of,
)
from api.throttles import refuse_too_many_files
from api.viewsets.base import ApiViewSet
from attendance.disclosure import disclosed_reach, disclosed_totals
from attendance.models import CheckIn
from attendance.totals import DEFINITIONS
from schools.models import Scope, User


class WeeklyTotalsViewSet(ApiViewSet):
    scope = Scope.TOTALS
    permission_classes = [AllowAny]
    renderer_classes = RENDERERS
    serializer_class = WeeklyTotalsSerializer
    queryset = CheckIn.objects.none()  # rows are reckoned, not read
    pagination_class = None

    @extend_schema(parameters=[QuestionSerializer], responses=WeeklyTotalsSerializer)
    def list(self, request: Request) -> HttpResponseBase:
        at = now()
        question = self.asked(QuestionSerializer, week=week_of(at))["question"]
        if is_asked_for(request):
            refuse_too_many_files(request)
        reader = request.user if isinstance(request.user, User) else None
        rows = disclosed_totals(question, reader=reader, at=at)
        if is_asked_for(request):
            return as_file(request, table_of(question), (flat(row, question) for row in rows), count=len(rows))
        answer: dict[str, Any] = {
            "asOf": _second(at),
            "definitions": {name: str(sentence) for name, sentence in DEFINITIONS.items()},
            "results": [spoken(row, question) for row in rows],
        }
        return Response(answer)


class ReachViewSet(ApiViewSet):
    """Different visitors of a month and of a school year, for staff."""

    scope = Scope.TOTALS
    permission_classes = [AllowAny]  # what is told to whom, disclosure says
    serializer_class = ReachSerializer
    queryset = CheckIn.objects.none()
    pagination_class = None

    @extend_schema(parameters=[ReachQuestionSerializer], responses=ReachSerializer)
    def list(self, request: Request) -> Response:
        at = now()
        asked = self.asked(ReachQuestionSerializer)
        monday, group_by = asked.get("week", week_of(at)), asked.get("group_by")
        reader = request.user if isinstance(request.user, User) else None
        rows = disclosed_reach(monday, group_by=group_by, reader=reader)
        return Response({"asOf": _second(at), "results": [spoken_reach(row, group_by) for row in rows]})


def _second(at: dt.datetime) -> str:
    return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")
