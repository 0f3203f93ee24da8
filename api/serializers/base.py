import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.serializers import as_serializer_error

from api.problems import camelize


class MomentField(serializers.DateTimeField):
    """Any offset in, UTC with a Z out (NL API Design Rules, date-time/timezone). A time without offset is refused."""

    default_error_messages = {"offset": _("Write a moment with its offset, such as 2026-11-24T15:30:00Z.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=dt.UTC, **options)

    def enforce_timezone(self, value: dt.datetime) -> dt.datetime:
        if value.tzinfo is None:
            self.fail("offset")
        return super().enforce_timezone(value)


class Camel(serializers.Serializer[Any]):
    """Fields are declared in Python's spelling and spoken in JSON's."""

    def get_fields(self) -> dict[str, Any]:
        fields = {}
        for name, field in super().get_fields().items():
            spoken = camelize(name)
            if spoken != name and field.source is None:
                field.source = name
            fields[spoken] = field
        return fields


class CamelModel(Camel, serializers.ModelSerializer[Any]):
    """A body that is wrong in its fields is also held against the model's rules, so that all errors come at once.

    A body whose fields are right is not: the verb that it is handed to does that.
    """

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: MomentField,
    }

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(data, Mapping):
                also = as_serializer_error(self._broken_rules(data, wrong=set(error.detail)))
                raise serializers.ValidationError({**also, **error.detail}) from None
            raise

    def _broken_rules(self, data: Mapping[str, Any], *, wrong: set[str]) -> ValidationError:
        """What the model's constraints say of the columns that are right in themselves."""
        candidate = self.Meta.model()
        columns = {column.name for column in candidate._meta.fields}
        good = [f for f in self._writable_fields if f.source in columns and f.field_name not in wrong]
        for field in good:
            with suppress(serializers.SkipField):
                setattr(candidate, field.source, field.run_validation(field.get_value(data)))
        try:
            candidate.validate_constraints(exclude=columns - {field.source for field in good})
        except ValidationError as error:
            return error
        return ValidationError({})


class SlugField(serializers.SlugRelatedField[Any]):
    """Another thing by its slug. Written ones look among those that `choices` allows the person."""

    default_error_messages = {"does_not_exist": _("There is no “{value}” here.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="slug", **options)

    def to_internal_value(self, data: Any) -> Any:
        # PostgreSQL takes no NUL, not even to look for it.
        if "\x00" in str(data):
            self.fail("does_not_exist", value=data)
        return super().to_internal_value(data)
