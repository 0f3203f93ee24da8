"""What people do to the programme, as the audit trail knows it."""

from django.utils.translation import gettext_lazy as _

from schools.audit import Act
from schools.models import Topic

ACTIVITY_DRAFTED = Act("activity_drafted", Topic.ACTIVITIES, _("Draft made"))
ACTIVITY_COPIED = Act("activity_copied", Topic.ACTIVITIES, _("Draft made as a copy"))
ACTIVITY_PUBLISHED = Act("activity_published", Topic.ACTIVITIES, _("Activity put online"))
ACTIVITY_CHANGED = Act("activity_changed", Topic.ACTIVITIES, _("Activity changed"))
ACTIVITY_CAME_OVER = Act("activity_came_over", Topic.ACTIVITIES, _("Activity taken over from another organisation"))
SERIES_ENDED = Act("series_ended", Topic.ACTIVITIES, _("Last day of the series chosen"))
ACTIVITY_ARCHIVED = Act("activity_archived", Topic.ACTIVITIES, _("Activity taken off the programme"))
ACTIVITY_DELETED = Act("activity_deleted", Topic.ACTIVITIES, _("Activity deleted"))

CAMPAIGN_MADE = Act("campaign_made", Topic.ACTIVITIES, _("Code for a poster or sticker made"))
CAMPAIGN_PUT_UP = Act("campaign_put_up", Topic.ACTIVITIES, _("Written down how many were put up"))
CAMPAIGN_RETIRED = Act("campaign_retired", Topic.ACTIVITIES, _("Code for a poster or sticker retired"))

SESSION_ADDED = Act("session_added", Topic.SESSIONS, _("Extra date added"))
SESSION_TAKEN_AWAY = Act("session_taken_away", Topic.SESSIONS, _("Extra date taken away"))
SESSION_MOVED = Act("session_moved", Topic.SESSIONS, _("Session moved"))
SESSION_CANCELLED = Act("session_cancelled", Topic.SESSIONS, _("Session cancelled"))
SESSION_RESTORED = Act("session_restored", Topic.SESSIONS, _("Session takes place after all"))

CLOSED = Act("closed", Topic.DAYS, _("Closed"))
REOPENED = Act("reopened", Topic.DAYS, _("Open again"))
OWN_DAYS_DECIDED = Act("own_days_decided", Topic.DAYS, _("Own free days or school days chosen"))
OWN_DAYS_TAKEN_BACK = Act("own_days_taken_back", Topic.DAYS, _("Own free days or school days taken away"))

SERIES_BOOKED = Act("series_booked", Topic.BOOKINGS, _("Bookings of the series changed"))
SESSION_BOOKED = Act("session_booked", Topic.BOOKINGS, _("Bookings of one date changed"))
RESOURCE_ADDED = Act("resource_added", Topic.BOOKINGS, _("Room or equipment added"))
RESOURCE_CHANGED = Act("resource_changed", Topic.BOOKINGS, _("Room or equipment changed"))
RESOURCE_RETIRED = Act("resource_retired", Topic.BOOKINGS, _("Room or equipment out of use"))

CALENDAR_ADDED = Act("calendar_added", Topic.CALENDARS, _("Calendar from elsewhere added"))
CALENDAR_TAKEN_IN = Act("calendar_taken_in", Topic.CALENDARS, _("Calendar from elsewhere taken in"))
CALENDAR_STOPPED = Act("calendar_stopped", Topic.CALENDARS, _("Calendar from elsewhere stopped"))

SUBSCRIPTION_ADDED = Act("subscription_added", Topic.PROGRAMS, _("Address that is told of changes added"))
SUBSCRIPTION_TESTED = Act("subscription_tested", Topic.PROGRAMS, _("Test sent to an address that is told of changes"))
SECRET_RENEWED = Act("secret_renewed", Topic.PROGRAMS, _("New secret for an address that is told of changes"))
MESSAGE_SENT_AGAIN = Act("message_sent_again", Topic.PROGRAMS, _("Message about a change sent again"))
SUBSCRIPTION_SWITCHED_ON = Act(
    "subscription_switched_on", Topic.PROGRAMS, _("Address that is told of changes switched on")
)
SUBSCRIPTION_SWITCHED_OFF = Act(
    "subscription_switched_off", Topic.PROGRAMS, _("Address that is told of changes switched off")
)
SUBSCRIPTION_REMOVED = Act("subscription_removed", Topic.PROGRAMS, _("Address that is told of changes removed"))

CALENDAR_KEY_MADE = Act("calendar_key_made", Topic.PEOPLE, _("Address of a private calendar made"))
CALENDAR_KEY_WITHDRAWN = Act("calendar_key_withdrawn", Topic.PEOPLE, _("Address of a private calendar withdrawn"))
