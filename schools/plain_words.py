"""Words of Django that we say in plainer ones, or write otherwise: being here, they are in our own catalogue, which
goes first.

In English they stay as they are.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

# Where visitors read them too. Bulgarian writes a month small, and Django's own does not.
MONTHS = (
    _("January"),
    _("February"),
    _("March"),
    _("April"),
    _("May"),
    _("June"),
    _("July"),
    _("August"),
    _("September"),
    _("October"),
    _("November"),
    _("December"),
)
# Where a visitor fills something in.
PUBLIC_SENTENCES = (
    _("This field is required."),
    _("Enter a whole number."),
    _("Null characters are not allowed."),
    _("Select a valid choice. That choice is not one of the available choices."),
    _("Select a valid choice. %(value)s is not one of the available choices."),
    _("Ensure this value is greater than or equal to %(limit_value)s."),
    _("Ensure this value is less than or equal to %(limit_value)s."),
    ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    ),
)
SENTENCES = (
    _("Enter a valid date."),
    _("Enter a valid time."),
    _("This account is inactive."),
    _("This password is too common."),
    _("The password is too similar to the %(verbose_name)s."),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)
