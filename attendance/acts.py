"""What people do to phones, passes and figures, as the audit trail knows it. Who came is nothing that it may know."""

from django.utils.translation import gettext_lazy as _

from schools.audit import Act
from schools.models import Topic

DEVICE_INVITED = Act("device_invited", Topic.DEVICES, _("Phone added"))
DEVICE_CODE_MADE = Act("device_code_made", Topic.DEVICES, _("New code for a phone made"))
DEVICE_PAIRED = Act("device_paired", Topic.DEVICES, _("A phone used its code"))
DEVICE_REVOKED = Act("device_revoked", Topic.DEVICES, _("Phone parted"))

# How many and until when; not for whom, and not which.
PASSES_ISSUED = Act("passes_issued", Topic.PASSES, _("Passes made"))
PASSES_RENEWED = Act("passes_renewed", Topic.PASSES, _("Passes renewed"))
PASS_REVOKED = Act("pass_revoked", Topic.PASSES, _("A pass revoked"))

# By session, for no pass is in it: how many seats, and which school's.
CLASS_RESERVED = Act("class_reserved", Topic.SESSIONS, _("Places for a class reserved"))
CLASS_GIVEN_BACK = Act("class_given_back", Topic.SESSIONS, _("Places for a class given back"))

# By week and organisation: not by session, and not how many.
SETTLED_COUNTED = Act("settled_counted", Topic.FIGURES, _("Counted after all what the door had not counted"))
SETTLED_LEFT = Act("settled_left", Topic.FIGURES, _("Left uncounted what the door had not counted"))
SETTLEMENT_TAKEN_BACK = Act("settlement_taken_back", Topic.FIGURES, _("A choice about what was not counted taken back"))
COUNT_ADDED = Act("count_added", Topic.FIGURES, _("Visits counted afterwards"))
COUNT_TAKEN_BACK = Act("count_taken_back", Topic.FIGURES, _("A count taken back"))
NOBODY_CAME = Act("nobody_came", Topic.FIGURES, _("Said that nobody came"))
NOBODY_CAME_TAKEN_BACK = Act("nobody_came_taken_back", Topic.FIGURES, _("Took back that nobody came"))
LATE_COUNTED = Act("late_counted", Topic.FIGURES, _("Late visits counted after all"))
LATE_LEFT_OUT = Act("late_left_out", Topic.FIGURES, _("Late visits left out"))
LATE_NOT_DECIDED = Act("late_not_decided", Topic.FIGURES, _("Late visits left out: nobody decided in time"))
LATE_VOIDS_SEEN = Act("late_voids_seen", Topic.FIGURES, _("Put aside what was taken back too late"))
WEEK_CLOSED = Act("week_closed", Topic.FIGURES, _("Week closed"))

ENTRY_ADDED = Act("entry_added", Topic.FIGURES, _("Entry added"))
ENTRY_CHANGED = Act("entry_changed", Topic.FIGURES, _("Entry changed"))
ENTRY_REMOVED = Act("entry_removed", Topic.FIGURES, _("Entry deleted"))
YEAR_TEXTS_CHANGED = Act("year_texts_changed", Topic.FIGURES, _("Texts of a year changed"))
TARGET_AGREED = Act("target_agreed", Topic.FIGURES, _("Target written down"))
TARGET_REMOVED = Act("target_removed", Topic.FIGURES, _("Target deleted"))

GRANT_ADDED = Act("grant_added", Topic.FIGURES, _("Grant added"))
GRANT_CHANGED = Act("grant_changed", Topic.FIGURES, _("Grant changed"))
GRANT_REMOVED = Act("grant_removed", Topic.FIGURES, _("Grant deleted"))
