from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from api.filters import refuse_query
from api.throttles import address_of, refuse_too_many
from schools.models import AccessToken, Scope, User

PAGES = {"page", "pageSize", "after"}


class OutOfScope(PermissionDenied):
    default_detail = _("This token is for something else.")
    default_code = "out_of_scope"
    tells_code = True


class ApiViewSet(GenericViewSet[Any]):
    """What every operation does: refuse query keys that it does not know, and know who asks."""

    # What a token must be for, if it is not for everything; None lets every token in.
    scope: Scope | None = Scope.EVERYTHING
    # What is everybody's here, and so every token's.
    open_actions: frozenset[str] = frozenset()

    def perform_authentication(self, request: Request) -> None:
        """Who tries tokens is held up by their address."""
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            refuse_too_many(address_of(request))
            raise

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        needed = None if self.action in self.open_actions else self.scope
        if isinstance(request.auth, AccessToken) and not request.auth.allows(needed):
            raise OutOfScope

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # What a route does not do, it does for nobody: who asks does not matter.
        if str(request.method).lower() not in {*self.action_map, "options"}:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        # A list refuses them together with senseless values: in `api.filters.Filters`, or in `asked`.
        if self.action != "list":
            refuse_query(request, known=self.query_keys_of(self.action))

    def query_keys_of(self, action: str | None) -> set[str]:
        if action != "list":
            return set()
        filterset: Any = getattr(self, "filterset_class", None)
        return PAGES | set(filterset.base_filters if filterset else ())

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Which methods there are, and nothing of how it is made."""
        return Response(status=status.HTTP_204_NO_CONTENT)

    @property
    def person(self) -> User:
        """Who asks; the permission of the operation has made sure that it is a person."""
        assert isinstance(self.request.user, User)
        return self.request.user

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if isinstance(self.request.user, User):
            context["publisher"] = self.request.user
        return context

    def asked(self, serializer_class: type[BaseSerializer[Any]], **context: Any) -> dict[str, Any]:
        """The query of this request, read by a serializer."""
        serializer: Any = serializer_class(data=self.request.query_params, context=context)
        serializer.is_valid()
        refuse_query(self.request, known=serializer.fields, wrong=serializer.errors)
        return dict(serializer.validated_data)

    def validated(self, serializer_class: type[BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        """The body of this request, read by another serializer than the one that answers."""
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context(), **options)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)
