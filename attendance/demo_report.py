"""What was no session in the demo town, and the words of its overview of the year."""

import datetime as dt
import uuid
from collections.abc import Callable

from attendance.models import Entry, EntryKind, YearReport


def make_report(day: dt.date, *, new_id: Callable[[], uuid.UUID]) -> None:
    talks = [(25, 6), (11, 3)]
    counted = {
        EntryKind.PAGE_VIEWS: 4334,
        EntryKind.SITE_VISITORS: 2556,
        EntryKind.ADVERT_VIEWS: 121_500,
        EntryKind.ACCOUNTS_REACHED: 25_032,
        EntryKind.LINK_CLICKS: 1630,
        EntryKind.POSTERS: 60,
    }
    entries = [
        Entry(kind=EntryKind.PANEL_TALK, happened_on=day, young_people=young, professionals=others)
        for young, others in talks
    ]
    entries += [Entry(kind=EntryKind.EVENT, happened_on=day, young_people=85, professionals=12)]
    entries += [Entry(kind=kind, happened_on=day, number=number) for kind, number in counted.items()]
    for entry in entries:
        entry.id = new_id()
    Entry.objects.bulk_create(entries)
    YearReport.objects.create(
        year=day.year,
        introduction="Jongeren laten zien wat ze kunnen, op plekken waar ze graag komen.",
        proud_of="Op vrijdagavond is de Jongerenwinkel nu open\nLocal Heroes kwamen op twee scholen in de klas\n"
        "De VR-set reist tussen de HUB en het lyceum",
        held_back_by="In de vakanties komen er minder jongeren\nVoor de techniekclub is een wachtrij",
        quotation="Hier vraagt niemand wie je bent. Wel of je meedoet.",
        said_by="Jongerenwerker",
    )
