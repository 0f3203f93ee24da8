"""Which roles may use an operation at all. Which rows they see is `for_user`'s to say."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from attendance.models import Device
from schools.access import NOBODY, Roles
from schools.models import User


def roles(request: Request) -> Roles:
    return request.user.roles if isinstance(request.user, User) else NOBODY


class IsStaff(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return roles(request).is_staff


class IsCoordinator(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return roles(request).is_coordinator


class IsPublisher(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return roles(request).is_publisher


class IsPublisherOrReads(IsPublisher):
    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)


class IsYouthWorker(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return roles(request).is_youth_worker


class KeepsADoor(IsYouthWorker):
    """A device posts what happened; only people read it back."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.user, Device):
            return request.method == "POST"
        return super().has_permission(request, view)
