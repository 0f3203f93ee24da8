"""The words of the scanner's page; its scripts hold none. {…} is filled in by them."""

from typing import Any

from django.utils.translation import gettext as _

from activities.models import Level
from attendance.models import Gender
from attendance.passes import bands_of_a_holder


def band_choices() -> dict[str, dict[str, Any]]:
    """What may be told apart of who comes without a pass, as the API names it, with the words on the buttons."""
    words = {**dict(Level.choices), **dict(Gender.choices)}
    labels = {
        "level": ("level", _("School")),
        "age_band": ("ageBand", _("Age")),
        "gender": ("gender", _("Girl or boy")),
    }
    return {
        labels[name][0]: {
            "label": labels[name][1],
            # 10-12 stays on one line.
            "choices": [(band, str(words.get(band, band)).replace("-", "\u2011")) for band in bands],
        }
        for name, bands in bands_of_a_holder().items()
    }


def door_texts() -> dict[str, str]:
    return {**_of_the_page(), **_of_signs(), **_of_the_kiosk()}


def _of_the_page() -> dict[str, str]:
    return {
        "time": _("{hour}:{minute}"),
        "choose": _("Choose an activity"),
        "session_details": _("{start}–{end}, {place}"),
        "cancelled_mark": _("cancelled"),
        "session_cancelled": _("This activity is cancelled. Choose another one."),
        "visit": _("visit"),
        "visits": _("visits"),
        "delivered": _("Everything delivered"),
        "waiting_one": _("1 still on this phone"),
        "waiting_many": _("{number} still on this phone"),
        "camera_number": _("Camera {number}"),
        "kind_pass": _("Pass"),
        "kind_tally": _("+1"),
        "kind_group": _("Group of {number}"),
        "count_group": _("Count {number}"),
        "undo_of": _("Undo, {time}"),
        "this_door": _("This phone is the door of {location} ({name})."),
        "own_phone": _("You are logged in. This phone is not a door."),
        "pairing_refused": _("This code was used already or is too old. Ask for a new one."),
        "pairing_failed": _("There is no connection. Press again in a moment."),
    }


def _of_signs() -> dict[str, str]:
    """A sign has a word, and a sentence that says what to do."""
    return {
        "scanning": _("Ready"),
        "scanning_help": _("Hold a pass in front of the camera."),
        "session_changed": _("Next activity"),
        "session_changed_help": _("Now counting for {title}."),
        "choose_session": _("Choose first"),
        "choose_session_help": _("Choose an activity at the top, then count again."),
        "nothing_today": _("Nothing today"),
        "nothing_today_help": _("There are no activities here today."),
        "session_over": _("It is over"),
        "session_over_help": _("Today's activities are over. Still counting? Choose one at the top."),
        "not_loaded": _("One moment"),
        "not_loaded_help": _("The activities are not here yet. Check the connection."),
        "not_paired": _("No door yet"),
        "not_paired_help": _("Ask the coordinator for a code, and scan that."),
        "paired": _("Paired"),
        "paired_help": _("This phone is the door of {location} now."),
        "kept": _("Kept"),
        "kept_help": _("Come in! Kept on this phone, sent by itself."),
        "counted": _("Counted"),
        "counted_help": _("Come in!"),
        "already_in": _("Already in"),
        "already_in_help": _("This pass was counted before. All is well."),
        "voided": _("Undone"),
        "voided_help": _("That count is taken back."),
        "unknown_kept": _("Unknown, noted"),
        "unknown_kept_help": _("Let them in. This phone does not know the pass; it is looked up later."),
        "unknown_pass": _("Unknown pass"),
        "unknown_pass_help": _("Count with +1. Give a new pass later."),
        "revoked_pass": _("Pass stopped"),
        "revoked_pass_help": _("This pass was stopped. Count with +1 and give a new pass."),
        "expired_pass": _("Pass expired"),
        "expired_pass_help": _("This pass is too old. Count with +1 and give a new pass."),
        "no_session": _("No activity"),
        "no_session_help": _("Choose the right activity at the top and count again."),
        "cancelled_session": _("Cancelled"),
        "cancelled_session_help": _("Choose another activity at the top and count again."),
        "clock_suspect": _("Wrong time"),
        "clock_suspect_help": _("Set the time of this phone to automatic. Then count again."),
        "invalid": _("Not counted"),
        "invalid_help": _("Something went wrong. Count again with +1."),
        "not_a_pass": _("Not a pass"),
        "not_a_pass_help": _("This is another code. Look for the QR code on the pass."),
        "storage_full": _("Not kept"),
        "storage_full_help": _("This phone is full. Remove photos or apps, then count again."),
        "storage_unavailable": _("Not kept"),
        "storage_unavailable_help": _("This browser cannot keep check-ins. Count on paper for now."),
    }


def _of_the_kiosk() -> dict[str, str]:
    """A young person stands alone before it. What is not here is said as to the worker."""
    return {
        "kiosk_closed": _("There is nothing on right now"),
        "kiosk_ready": _("Welcome!"),
        "kiosk_ready_help": _("Hold your pass in front of the screen."),
        "kiosk_counted": _("Welcome!"),
        "kiosk_counted_help": _("You are counted. Have fun!"),
        "kiosk_kept": _("Welcome!"),
        "kiosk_kept_help": _("Your pass was read. Have fun!"),
        "kiosk_already_in": _("You are in already"),
        "kiosk_already_in_help": _("All is well. Have fun!"),
        "kiosk_unknown_kept": _("Welcome!"),
        "kiosk_unknown_kept_help": _("Go in. We will look at your pass later."),
        "kiosk_unknown_pass": _("We do not know this pass"),
        "kiosk_unknown_pass_help": _("Go and ask somebody who works here."),
        "kiosk_revoked_pass": _("This pass does not work"),
        "kiosk_revoked_pass_help": _("Ask somebody who works here for a new one."),
        "kiosk_expired_pass": _("Your pass is too old"),
        "kiosk_expired_pass_help": _("Ask somebody who works here for a new one."),
        "kiosk_not_a_pass": _("This is not a pass"),
        "kiosk_not_a_pass_help": _("Look for the square code on your pass."),
        "kiosk_choose_session": _("One moment"),
        "kiosk_choose_session_help": _("Nothing is on right now. Ask somebody who works here."),
        "kiosk_nothing_today": _("One moment"),
        "kiosk_nothing_today_help": _("Nothing is on right now. Ask somebody who works here."),
        "kiosk_session_over": _("One moment"),
        "kiosk_session_over_help": _("Nothing is on right now. Ask somebody who works here."),
        "pin_set": _("Choose a PIN"),
        "pin_set_help": _("Four to eight digits. You need them to leave the kiosk. Write them down."),
        "pin_set_submit": _("Start the kiosk"),
        "pin_leave": _("Leave the kiosk"),
        "pin_leave_help": _("For who works here: type the PIN."),
        "pin_leave_submit": _("Leave"),
        "pin_misformed": _("A PIN has four to eight digits."),
        "pin_wrong": _("This is not the PIN. Try again."),
        "pin_locked": _("Wrong too often. Wait a minute, then try again."),
    }
