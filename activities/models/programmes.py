from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from webcolors import name_to_hex

from activities.translations import no_translations, validate_translations


def validate_colour(name: str) -> None:
    try:
        name_to_hex(name)
    except ValueError:
        raise ValidationError(_("The CSS name of a colour, such as teal."), "invalid") from None


class Level(models.TextChoices):
    PO = "po", _("primary school")
    VO = "vo", _("secondary school")
    MBO = "mbo", _("vocational school")
    ALL = "all", _("everybody")


class Programme(models.Model):
    """A line of work across organisations."""

    slug = models.SlugField(unique=True)
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    translations = models.JSONField(
        _("translations"),
        default=no_translations,
        db_default={},
        blank=True,
        editable=False,
        validators=[validate_translations],
    )
    colour = models.CharField(
        _("colour"),
        max_length=30,
        default="teal",
        validators=[validate_colour],
    )

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name
