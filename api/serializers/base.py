import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.serializers import as_serializer_error

from activities.weeks import YEARS
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


class DayField(serializers.DateField):
    default_error_messages = {"out_of_range": _("Choose a day between 2000 and 2100.")}

    def to_internal_value(self, value: Any) -> dt.date:
        day: dt.date = super().to_internal_value(value)
        if day.year not in YEARS:
            self.fail("out_of_range")
        return day


class Camel(serializers.Serializer[Any]):
    """Fields are declared in Python's spelling and spoken in JSON's.

    A body with fields that cannot be read is also held against the rules for the others, so that all errors come at
    once. One whose fields can all be read is not: `validate`, or the verb that it is handed to, does that.
    """

    def get_fields(self) -> dict[str, Any]:
        fields = {}
        for name, field in super().get_fields().items():
            spoken = camelize(name)
            if spoken != name and field.source is None:
                field.source = name
            fields[spoken] = field
        return fields

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(data, Mapping):
                raise
            unread = {field.source for field in self._writable_fields if field.field_name in error.detail}
            try:
                self.hold_against_rules(self._read(data, unread), unread)
            except (ValidationError, serializers.ValidationError) as broken:
                raise serializers.ValidationError({**as_serializer_error(broken), **error.detail}) from None
            raise

    def _read(self, data: Mapping[str, Any], unread: set[str]) -> dict[str, Any]:
        read = {}
        for field in self._writable_fields:
            if field.source not in unread:
                with suppress(serializers.SkipField):
                    read[field.source] = field.run_validation(field.get_value(data))
        return read

    def hold_against_rules(self, read: dict[str, Any], unread: set[str]) -> None:
        """Raises ValidationError for what can be said of these values already, though `unread` fields are wrong."""


class CamelModel(Camel, serializers.ModelSerializer[Any]):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: MomentField,
    }

    def hold_against_rules(self, read: dict[str, Any], unread: set[str]) -> None:
        """The constraints of the model; what is not there is as it was, or as it is made."""
        candidate = copy(self.instance) if self.instance else self.Meta.model()
        columns = {column.name for column in candidate._meta.fields}
        for name in columns & read.keys():
            setattr(candidate, name, read[name])
        writable = {field.source for field in self._writable_fields}
        candidate.validate_constraints(exclude=columns - writable | unread)


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
