"""What each operation does, in a line and in a few sentences, by its operationId in the description of the API."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Told(NamedTuple):
    summary: str | Promise
    description: str | Promise


OPERATIONS = {
    "organisations_list": Told(_("List the organisations"), _("Who publishes: schools, youth centres. By name.")),
    "organisations_retrieve": Told(_("Read one organisation"), _("By its slug.")),
    "locations_list": Told(_("List the locations"), _("The places with a door. By name.")),
    "locations_retrieve": Told(_("Read one location"), _("By its slug.")),
    "programmes_list": Told(_("List the programmes"), _("Lines of work across organisations. By name.")),
    "programmes_retrieve": Told(_("Read one programme"), _("By its slug.")),
    "activities_list": Told(
        _("List the activities"), _("What is on the programme now, by title. Filters hold together: all must be true.")
    ),
    "activities_retrieve": Told(_("Read one activity"), _("By its slug, with the schedule of its series.")),
    "activities_create": Told(
        _("Publish an activity"), _("It is online at once, with the sessions of its schedule. For your organisation.")
    ),
    "activities_partial_update": Told(
        _("Change an activity"),
        _("Only what you send changes. Sessions that have not begun follow the new schedule and location."),
    ),
    "activities_destroy": Told(
        _("Delete an activity"), _("Only if nobody has come to it. Otherwise archive it, with archived: true.")
    ),
    "activities_end_create": Told(
        _("End a series"), _("No session is left after the day that you name. Sessions before it stay.")
    ),
    "activities_sessions_create": Told(
        _("Add an extra date"), _("A session that is not in the schedule. No change of the schedule takes it away.")
    ),
    "sessions_list": Told(
        _("List the sessions"),
        _(
            "Past and coming, in order of their start. startsFrom is included, startsBefore is not. As a file it has"
            " all of them, up to 20,000: more is 400, with too_many_rows. Then there are no pages."
        ),
    ),
    "sessions_retrieve": Told(_("Read one session"), _("By its id, which stays the same when it is moved.")),
    "sessions_partial_update": Told(
        _("Move a session"), _("To another time or place. Without a new end it lasts as long as it did.")
    ),
    "sessions_destroy": Told(
        _("Take an extra date back"), _("Only one that was added by hand. A date of a series is cancelled instead.")
    ),
    "sessions_cancel_create": Told(_("Cancel a session"), _("It stays to be seen, with the reason that you give.")),
    "sessions_restore_create": Told(_("Restore a session"), _("It takes place after all.")),
    "closures_list": Told(_("List the closures"), _("Of your organisations and their locations, by first day.")),
    "closures_create": Told(
        _("Close for some days"), _("Cancels every session on those days. The first and the last day are included.")
    ),
    "closures_destroy": Told(
        _("Take a closure back"), _("Restores exactly the sessions that it cancelled, and no others.")
    ),
    "holiday_overrides_list": Told(_("List own free days"), _("Of your organisations, by first day.")),
    "holiday_overrides_create": Told(
        _("Add own free days"), _("Days on which a school is free, or is not, other than its region.")
    ),
    "holiday_overrides_destroy": Told(_("Take own free days back"), _("The days of the region hold again.")),
    "devices_list": Told(_("List the door phones"), _("For coordinators, by name. Revoked ones are among them.")),
    "devices_create": Told(
        _("Invite a door phone"), _("Gives a code. A phone uses it once, within ten minutes, to be that door.")
    ),
    "devices_destroy": Told(_("Revoke a door phone"), _("At once. What it counted stays. Safe to repeat.")),
    "devices_pair_create": Told(
        _("Pair a phone"), _("Needs no token: the code is the proof. Shows the phone's token once.")
    ),
    "passes_create": Told(
        _("Make passes"), _("Shows each token once and never again. A pass has no name, and nobody's behind it.")
    ),
    "passes_revoke_create": Told(_("Revoke a pass"), _("It opens nothing from now on. Safe to repeat.")),
    "check_ins_list": Told(
        _("List the check-ins of a session"), _("For its youth workers and coordinators. Never tells a pass.")
    ),
    "check_ins_create": Told(
        _("Deliver check-ins"),
        _("Up to 200 at once, each with an outcome of its own. The same id again writes nothing and answers the same."),
    ),
    "weekly_totals_list": Told(
        _("Read the weekly totals"),
        _(
            "Staff get exact figures. Everybody else gets weeks that are over, rounded to 5, and nothing below 10."
            " Both weeks of a range are included."
        ),
    ),
    "reach_list": Told(
        _("Read how many different visitors came"), _("In a month and in a school year. For staff. Never add them up.")
    ),
}
