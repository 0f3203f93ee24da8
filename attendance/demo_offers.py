"""What the demo town offers: its programmes, and each activity with how busy it is."""

import datetime as dt
from dataclasses import dataclass

from activities.models import Level
from activities.schedule import Schedule
from schools.calendar import school_year_of

DROP_IN, LOCAL_HEROES, VR, ENTREE, AFTER_SCHOOL = "inloop", "local-heroes", "vr-game", "entree", "na-school"

PROGRAMMES = {
    DROP_IN: ("Inloop", "Kom binnen, doe mee of praat met iemand.", "teal"),
    LOCAL_HEROES: ("Local Heroes", "Mensen uit de wijk vertellen in de klas hoe zij hun droom waarmaakten.", "orange"),
    VR: ("VR-game", "Met een VR-bril beleef je wat een verkeerde keuze doet.", "purple"),
    ENTREE: ("Entree-training", "Een opstap naar een opleiding of naar werk.", "navy"),
    AFTER_SCHOOL: ("Na school", "Sport, huiswerk en clubs na schooltijd.", "green"),
}
# Somewhat longer than the summer holiday: when fewer weeks of a school year are left, the next one is online too.
_SUMMER = dt.timedelta(weeks=7)


@dataclass(frozen=True)
class Offer:
    """One activity of the demo, and how busy it is: visits with a pass, walk-ins, and a class of so many."""

    place: str
    programme: str
    title: str
    description: str
    rule: str
    start: str
    end: str
    level: Level
    ages: tuple[int | None, int | None]
    scanned: int
    tallied: int
    group: int = 0
    capacity: int | None = None
    in_holidays: bool = False

    def schedule(self, *, first: dt.date, today: dt.date) -> Schedule:
        """From the first day on. What is not in holidays lasts as long as a school year, some of which is to come."""
        return Schedule(
            starts_on=first,
            start_time=dt.time.fromisoformat(self.start),
            end_time=dt.time.fromisoformat(self.end),
            rrule=self.rule,
            until=None if self.in_holidays else school_year_of(today + _SUMMER)[1],
            skip_holidays=not self.in_holidays,
        )


OFFERS = [
    Offer("jongerenwinkel", DROP_IN, "Inloop Jongerenwinkel", "Kom langs om te gamen, te praten of te helpen.",
          "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "15:00", "17:30", Level.ALL, (10, 23), 15, 5, in_holidays=True),
    Offer("jongerenwinkel", DROP_IN, "Vrijdagavond in de winkel", "Muziek, tafelvoetbal en een warme maaltijd.",
          "FREQ=WEEKLY;BYDAY=FR", "19:00", "22:00", Level.VO, (12, 18), 16, 7, in_holidays=True),
    Offer("jongerenwinkel", ENTREE, "Entree-training", "Oefen voor een opleiding, een stage of een bijbaan.",
          "FREQ=WEEKLY;BYDAY=TU,TH", "13:00", "14:45", Level.MBO, (16, 23), 8, 1, capacity=15),
    Offer("jongerenhub", DROP_IN, "Inloop JongerenHUB", "Chillen, huiswerk maken of iets nieuws proberen.",
          "FREQ=WEEKLY;BYDAY=TU,WE,TH", "15:30", "18:00", Level.ALL, (10, 18), 13, 4, in_holidays=True),
    Offer("jongerenhub", VR, "VR-game middag", "Speel de VR-game en praat erover met elkaar.",
          "FREQ=WEEKLY;BYDAY=WE", "13:30", "15:15", Level.VO, (12, 16), 9, 1, capacity=12, in_holidays=True),
    Offer("de-windroos", AFTER_SCHOOL, "Sport na school", "Elke keer een andere sport op het plein of in de zaal.",
          "FREQ=WEEKLY;BYDAY=MO,TH", "15:15", "16:30", Level.PO, (8, 12), 11, 4, capacity=24),
    Offer("de-windroos", LOCAL_HEROES, "Local Heroes groep 8", "Een Local Hero komt in de klas.",
          "FREQ=WEEKLY;INTERVAL=4;BYDAY=WE", "10:30", "12:00", Level.PO, (10, 12), 0, 0, group=24),
    Offer("het-molenrad", AFTER_SCHOOL, "Techniekclub", "Bouwen, solderen en programmeren.",
          "FREQ=WEEKLY;BYDAY=TU", "15:00", "16:30", Level.PO, (9, 12), 9, 2, capacity=16),
    Offer("het-molenrad", AFTER_SCHOOL, "Huiswerkklas", "Samen je huiswerk maken, met hulp.",
          "FREQ=WEEKLY;BYDAY=MO,TH", "15:15", "16:15", Level.PO, (9, 12), 8, 1),
    Offer("zaanweide", LOCAL_HEROES, "Local Heroes", "Een Local Hero vertelt over keuzes en dromen.",
          "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH", "14:00", "15:30", Level.VO, (12, 16), 4, 2, group=26),
    Offer("zaanweide", AFTER_SCHOOL, "Huiswerkcafé", "Rust, hulp en thee.",
          "FREQ=WEEKLY;BYDAY=MO,TU,WE", "15:30", "17:00", Level.VO, (12, 18), 10, 2),
    Offer("lyceum-noorderdijk", VR, "VR-game op school", "De VR-set komt naar jouw school.",
          "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "13:15", "15:00", Level.VO, (12, 16), 5, 1, group=18),
    Offer("lyceum-noorderdijk", AFTER_SCHOOL, "Zaalvoetbal", "Voetbal in de gymzaal, voor iedereen.",
          "FREQ=WEEKLY;BYDAY=TU", "16:00", "17:30", Level.VO, (12, 18), 12, 3),
]  # fmt: skip
