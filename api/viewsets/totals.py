from typing import Any

from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from activities.weeks import week_of
from api.renderers import CSVRenderer, XLSXRenderer
from api.serializers.totals import QuestionSerializer, WeeklyTotalsSerializer, columns, flat, spoken
from api.viewsets.base import ApiViewSet
from attendance.disclosure import disclosed_totals
from attendance.models import CheckIn
from attendance.totals import DEFINITIONS
from schools.models import User


class WeeklyTotalsViewSet(ApiViewSet):
    permission_classes = [AllowAny]
    renderer_classes = [JSONRenderer, CSVRenderer, XLSXRenderer]
    serializer_class = WeeklyTotalsSerializer
    queryset = CheckIn.objects.none()  # rows are reckoned, not read
    pagination_class = None
    query_keys = set(QuestionSerializer().fields)

    @extend_schema(parameters=[QuestionSerializer], responses=WeeklyTotalsSerializer)
    def list(self, request: Request) -> Response:
        at = now()
        asked = QuestionSerializer(data=request.query_params, context={"week": week_of(at)})
        asked.is_valid(raise_exception=True)
        question = asked.validated_data["question"]
        reader = request.user if isinstance(request.user, User) else None
        rows = disclosed_totals(question, reader=reader, at=at)
        if request.accepted_renderer.format != "json":
            table = [flat(row, question.group_by) for row in rows]
            return Response({"rows": table, "columns": columns(question.group_by)})
        answer: dict[str, Any] = {
            "asOf": at.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
            "definitions": {name: str(sentence) for name, sentence in DEFINITIONS.items()},
            "results": [spoken(row, question.group_by) for row in rows],
        }
        return Response(answer)
