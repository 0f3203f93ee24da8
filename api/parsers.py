import datetime as dt
import io
from collections.abc import Mapping
from typing import IO, Annotated, Any

import msgspec
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser

from attendance.claims import MOST_PER_BATCH, MOST_WAITING


class BoundedJSONParser(JSONParser):
    """JSON of a bounded depth, and not packed; Django bounds its size."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        refuse_packed(parser_context)
        try:
            return super().parse(stream, media_type, dict(parser_context or {}))
        except RecursionError:
            raise ParseError(_("This JSON is nested too deeply.")) from None


def refuse_packed(parser_context: Mapping[str, Any] | None) -> None:
    """What unpacks to more than came in is not taken (RFC 9110, section 8.4)."""
    packed = parser_context["request"].headers.get("Content-Encoding", "") if parser_context else ""
    if packed.lower() not in {"", "identity"}:
        raise UnsupportedMediaType(packed)


class Batch(msgspec.Struct, rename="camel"):
    """A delivery as it should be (see `api.serializers.doors.BatchSerializer`); its items are not read yet."""

    check_ins: Annotated[list[Any], msgspec.Meta(max_length=MOST_PER_BATCH)]
    sent_at: Annotated[dt.datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType = msgspec.UNSET
    waiting: Annotated[int, msgspec.Meta(ge=0, le=MOST_WAITING)] | msgspec.UnsetType = msgspec.UNSET

    @property
    def understood(self) -> dict[str, Any]:
        """What is there, by its name in Python."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not msgspec.UNSET}


class BatchParser(BoundedJSONParser):
    """A Batch, which is what phones send; or else what any body becomes, for a serializer to find fault with."""

    _decoder = msgspec.json.Decoder(Batch)

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        refuse_packed(parser_context)
        body = stream.read()
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return super().parse(io.BytesIO(body), media_type, parser_context)
