from typing import Any

import msgspec
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.timezone import now
from django_filters import FilterSet, UUIDFilter
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import BearerAuthentication, DoorAuthentication
from api.once import once
from api.parsers import Batch, BatchParser
from api.permissions import IsCoordinator, IsYouthWorker, KeepsADoor
from api.serializers.doors import (
    AnswerSerializer,
    BatchSerializer,
    CheckInSerializer,
    DescribedBatchSerializer,
    DeviceSerializer,
    InvitedDeviceSerializer,
    IssuedPassesSerializer,
    PairedDeviceSerializer,
    PairSerializer,
    PassOrderSerializer,
    RevokedPassSerializer,
)
from api.viewsets.base import ApiViewSet
from attendance import checkin, devices, passes, wording
from attendance.claims import Claim, read
from attendance.models import CheckIn, Device, Pass
from schools.models import Scope


class DeviceViewSet(mixins.ListModelMixin, ApiViewSet):
    open_actions = frozenset({"pair"})
    queryset = Device.objects.select_related("location").order_by("name", "created_at", "pk")
    serializer_class = DeviceSerializer
    permission_classes = [IsCoordinator]
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Device]:
        return super().get_queryset().for_user(self.person)

    @extend_schema(responses={201: InvitedDeviceSerializer})
    @once
    def create(self, request: Request) -> Response:
        device, code = devices.invite(**self.validated(DeviceSerializer))
        answer = {
            "id": device.pk,
            "pairing_code": code,
            "pairing_url": devices.pairing_url(code),
            "expires_at": device.pairing_expires_at,
        }
        return Response(InvitedDeviceSerializer(answer).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=PairSerializer, responses=PairedDeviceSerializer)
    @action(detail=False, methods=["post"], permission_classes=[AllowAny])
    def pair(self, request: Request) -> Response:
        device, token = devices.pair(**self.validated(PairSerializer))
        return Response(PairedDeviceSerializer({"id": device.pk, "location": device.location, "token": token}).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: Any) -> Response:
        devices.revoke(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class PassViewSet(ApiViewSet):
    queryset = Pass.objects.all()
    serializer_class = PassOrderSerializer
    permission_classes = [IsYouthWorker]
    lookup_field = "number"
    lookup_value_regex = r"\d{4}-\d{4}"

    @extend_schema(responses={201: IssuedPassesSerializer})
    @once
    def create(self, request: Request) -> Response:
        issued = passes.issue(**self.validated(PassOrderSerializer))
        return Response(IssuedPassesSerializer({"passes": issued}).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=RevokedPassSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, number: str) -> Response:
        return Response(RevokedPassSerializer(passes.revoke(self.get_object())).data)


class CheckInFilter(FilterSet):
    session = UUIDFilter("session", required=True)


class CheckInViewSet(mixins.ListModelMixin, ApiViewSet):
    scope = Scope.DOOR
    queryset = CheckIn.objects.order_by("received_at", "pk")
    serializer_class = CheckInSerializer
    permission_classes = [KeepsADoor]
    # The door's page posts here too: of a paired phone, or of a signed-in youth worker with its CSRF token.
    authentication_classes = [BearerAuthentication, DoorAuthentication, SessionAuthentication]
    parser_classes = [BatchParser]
    filterset_class = CheckInFilter

    def get_queryset(self) -> QuerySet[CheckIn]:
        return super().get_queryset().for_user(self.person)

    @extend_schema(request=DescribedBatchSerializer, responses={200: AnswerSerializer})
    def create(self, request: Request) -> HttpResponse:
        # A body that the parser did not take is told all that is wrong with it.
        batch = request.data.understood if isinstance(request.data, Batch) else self.validated(BatchSerializer)
        items, door, at = batch.pop("check_ins"), checkin.Door.of(request.user), now()
        claims = [read(item, sender=door.sender) for item in items]
        try:
            stored = checkin.check_in(claims, door=door, at=at, **batch)
        except checkin.Revoked:
            raise AuthenticationFailed from None
        results = [_spoken(*each) for each in zip(stored, claims, items, strict=True)]
        answer = msgspec.json.encode({"serverTime": at, "results": results})
        return HttpResponse(answer, content_type="application/json")


def _spoken(result: checkin.Result, claim: Claim, item: Any) -> checkin.Result:
    if not claim.is_named:
        given = item.get("id") if isinstance(item, dict) else None
        # Said back only if it can be written down: half a character cannot.
        result.id = given if isinstance(given, str) and given.isprintable() else None
    if result.errors:
        result.errors = [error | {"detail": wording.of_claim_error(error["code"])} for error in result.errors]
    return result
