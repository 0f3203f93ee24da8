"""What the administrator does, as the audit trail knows it."""

from django.utils.translation import gettext_lazy as _

from schools.audit import Act
from schools.models import Topic

ROW_ADDED = Act("row_added", Topic.PLACES, _("Added by the administration"))
ROW_CHANGED = Act("row_changed", Topic.PLACES, _("Changed by the administration"))
ROW_REMOVED = Act("row_removed", Topic.PLACES, _("Deleted by the administration"))

PASSWORD_SET = Act("password_set", Topic.PEOPLE, _("Password of somebody set"))
ROLE_GIVEN = Act("role_given", Topic.PEOPLE, _("Role given"))
ROLE_CHANGED = Act("role_changed", Topic.PEOPLE, _("Role changed"))
ROLE_TAKEN = Act("role_taken", Topic.PEOPLE, _("Role taken away"))
PERSON_INVITED = Act("person_invited", Topic.PEOPLE, _("Somebody invited"))
INVITATION_SENT_AGAIN = Act("invitation_sent_again", Topic.PEOPLE, _("Invitation sent again"))
INVITATION_WITHDRAWN = Act("invitation_withdrawn", Topic.PEOPLE, _("Invitation withdrawn"))
INVITATION_ACCEPTED = Act("invitation_accepted", Topic.PEOPLE, _("Invitation accepted"))
PERSON_CHANGED = Act("person_changed", Topic.PEOPLE, _("Name or roles of somebody changed"))
PERSON_REMOVED = Act("person_removed", Topic.PEOPLE, _("Somebody removed"))
PASSWORD_FORGOTTEN = Act("password_forgotten", Topic.PEOPLE, _("Somebody is to choose a new password"))
SECOND_STEP_FORGOTTEN = Act("second_step_forgotten", Topic.PEOPLE, _("Second step of somebody taken away"))
LETTER_SENT_AGAIN = Act("letter_sent_again", Topic.PEOPLE, _("E-mail sent again"))
TOKEN_ISSUED = Act("token_issued", Topic.PEOPLE, _("Key for a program made"))
TOKEN_REVOKED = Act("token_revoked", Topic.PEOPLE, _("Key for a program revoked"))

# About one's own account. With what somebody signs in is not told.
OWN_PASSWORD_CHANGED = Act("own_password_changed", Topic.PEOPLE, _("Own password changed"))
OWN_SESSIONS_ENDED = Act("own_sessions_ended", Topic.PEOPLE, _("Logged out on own other devices"))
OWN_STEP_ADDED = Act("own_step_added", Topic.PEOPLE, _("Own second step set up"))
OWN_STEP_REMOVED = Act("own_step_removed", Topic.PEOPLE, _("Own second step taken away"))
ACCOUNT_TIED = Act("account_tied", Topic.PEOPLE, _("Account of the municipality tied"))
ROLES_FOLLOWED = Act("roles_followed", Topic.PEOPLE, _("Roles taken over from the municipality"))
