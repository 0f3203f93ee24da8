from activities.models.activities import Activity, ActivityQuerySet, EarlierSchedule, State
from activities.models.calendar_keys import CalendarKey
from activities.models.calendar_sources import CalendarSource
from activities.models.campaigns import CampaignCode, CampaignWeek, Channel
from activities.models.editions import Edition
from activities.models.programmes import Level, Programme
from activities.models.resources import Booking, Resource, ResourceKind, SeriesBooking
from activities.models.sessions import Session, SessionQuerySet
from activities.models.subscriptions import Delivery, EventKind, Fault, Subscription

__all__ = [
    "Activity",
    "ActivityQuerySet",
    "Booking",
    "CalendarKey",
    "CalendarSource",
    "CampaignCode",
    "CampaignWeek",
    "Channel",
    "Delivery",
    "EarlierSchedule",
    "Edition",
    "EventKind",
    "Fault",
    "Level",
    "Programme",
    "Resource",
    "ResourceKind",
    "SeriesBooking",
    "Session",
    "SessionQuerySet",
    "State",
    "Subscription",
]
