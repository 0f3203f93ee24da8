"""Every list of bad input in one report: how many were tried, and how each was answered.

While one of the tests below runs, each answer that Django's test client gets is counted, and one of 500 or above fails
the test. Of lists that are read without HTTP each test is one, refused. A whole run ends with a table, which is kept in
var/bad-input.txt.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

# By what is asked: file::test.
SUITES = {
    "API: text, numbers and depth that nobody means": """
        api/test_problems.py::test_json_that_is_none_is_400
        api/test_problems.py::test_json_that_is_nested_deeply_is_no_fault
        api/test_problems.py::test_odd_text_and_numbers_are_no_fault
        api/test_problems.py::test_odd_text_and_numbers_in_a_schedule_are_no_fault
        api/test_problems.py::test_odd_values_in_a_check_in_are_kept_or_refused_one_by_one
        api/test_problems.py::test_odd_queries_are_no_fault
        api/test_problems.py::test_all_that_is_wrong_in_a_query_is_named_at_once
        api/test_problems.py::test_odd_paths_are_404
        api/test_problems.py::test_a_body_that_is_not_json_is_415
        api/test_problems.py::test_a_body_that_is_too_large_is_413""",
    "API: what its description forbids, made at random": """
        api/test_asked_at_random.py::test_every_question_gets_an_answer_that_is_described""",
    "API: values that make no sense": """
        api/test_activities.py::test_a_schedule_that_cannot_be_is_refused_and_nothing_is_written
        api/test_activities.py::test_what_cannot_be_read_in_a_schedule_hides_nothing_that_is_wrong_in_the_rest
        api/test_activities.py::test_a_change_that_cannot_be_changes_nothing
        api/test_activities.py::test_a_move_that_cannot_be_changes_nothing
        api/test_activities.py::test_all_that_is_wrong_with_a_new_time_and_place_is_named_at_once
        api/test_activities.py::test_a_closure_that_cannot_be_is_refused_and_cancels_nothing
        api/test_design_rules.py::test_core_http_response_code_wrong_types
        api/test_doors.py::test_an_order_that_cannot_be_makes_no_pass
        api/test_doors.py::test_a_body_of_the_wrong_shape_is_400_and_nothing_of_it_is_kept
        api/test_doors.py::test_a_body_that_is_no_object_is_400
        api/test_once.py::test_a_key_that_is_none_is_refused_by_name
        api/test_reading.py::test_a_value_that_makes_no_sense_is_refused_and_named
        api/test_reading.py::test_unknown_query_keys_are_refused_and_all_named
        api/test_weekly_totals.py::test_a_question_that_makes_no_sense_is_refused_and_all_is_named
        api/test_weekly_totals.py::test_the_first_and_the_last_weeks_there_are_give_no_fault""",
    "API: tokens that are none": """
        api/test_roles.py::test_a_token_that_is_not_known_is_401_also_where_all_may_read""",
    "Door and kiosk": """
        test_door_page.py::test_a_body_of_the_wrong_shape_is_refused
        test_pages_walk_in.py::test_what_is_no_code_gets_a_friendly_sentence_at_the_field
        test_pages_walk_in.py::test_an_id_that_is_none_counts_all_the_same""",
    "Pages for everybody and calendars": """
        test_feeds_private.py::test_without_a_key_that_holds_the_answer_is_always_the_same
        test_feeds_wire.py::test_a_feed_cannot_be_narrowed_by_what_it_does_not_know
        test_pages_finding.py::test_a_frame_that_asks_for_nonsense_is_empty
        test_pages_public.py::test_a_week_that_cannot_be_read_shows_this_week_and_says_so
        test_pass_page.py::test_what_is_no_pass_gets_a_friendly_sentence""",
    "Desk": """
        test_pages_campaigns.py::test_what_cannot_be_is_named_at_its_field_and_makes_nothing
        test_pages_changes.py::test_what_makes_no_sense_finds_nothing_and_says_so
        test_pages_grants.py::test_what_makes_no_sense_is_said_at_its_field_and_changes_nothing
        test_pages_monday.py::test_a_week_that_cannot_be_read_is_this_week
        test_pages_people.py::test_what_is_no_code_gets_a_friendly_sentence
        test_pages_people.py::test_what_makes_no_sense_as_a_target_is_said
        test_pages_reports.py::test_an_entry_that_makes_no_sense_is_refused
        test_pages_resources.py::test_a_question_that_makes_no_sense_finds_nothing
        test_pages_series.py::test_an_end_that_cannot_be_is_said_on_the_page_and_nothing_is_written
        test_pages_series.py::test_a_closure_that_cannot_be_is_said_at_the_form
        test_pages_settling.py::test_a_day_that_is_none_or_out_of_reach_offers_nothing
        test_pages_sources.py::test_an_address_that_cannot_be_used_is_an_error_at_its_field_and_nothing_is_kept
        test_pages_sources.py::test_what_is_not_filled_in_right_is_told_and_not_fetched
        test_pages_today.py::test_what_cannot_be_counted_is_said_at_the_form
        test_pages_tokens.py::test_a_token_that_cannot_be_is_not_made_and_the_field_says_why
        test_signed_in.py::test_a_key_that_is_none_finds_nothing""",
    "Calendars and lists of others": """
        intake/test_addresses.py::test_a_machine_of_a_network_of_our_own_may_not_be_asked
        intake/test_addresses.py::test_a_number_in_disguise_is_still_that_number
        intake/test_addresses.py::test_an_address_that_may_not_be_used_says_why
        intake/test_calendars_that_mean_harm.py::test_one_bad_event_is_left_out_with_its_reason_and_the_rest_is_taken
        intake/test_calendars_that_mean_harm.py::test_what_cannot_be_trusted_as_a_whole_gives_nothing_at_all
        intake/test_fetching.py::test_another_answer_than_a_calendar_gives_nothing_and_says_why
        intake/test_fetching.py::test_another_status_gives_nothing_and_says_why
        intake/test_tables.py::test_a_row_that_cannot_be_taken_is_named_by_its_number_and_the_others_are_taken
        intake/test_tables.py::test_a_list_that_cannot_be_used_says_why
        intake/test_texts.py::test_a_link_that_is_not_plainly_one_of_the_web_is_left_out
        intake/test_worker.py::test_an_answer_that_makes_no_sense_is_not_believed""",
    "Rules and schedules": """
        test_extra_dates.py::test_a_date_that_cannot_be_is_refused_and_nothing_is_written
        test_grant_rules.py::test_the_database_refuses_a_rule_that_makes_no_sense
        test_own_days.py::test_days_that_cannot_be_are_refused_and_nothing_is_written
        test_publishing.py::test_an_activity_that_cannot_be_is_refused_and_nothing_is_written
        test_schedule.py::test_a_schedule_that_cannot_be_is_refused_with_a_sentence""",
}
SUITE_OF = {name: suite for suite, names in SUITES.items() for name in names.split()}
REPORT = Path(settings.BASE_DIR) / "var/bad-input.txt"
PROPERTY = "bad input"
TAKEN, REFUSED, ABOVE = range(3)
# Of this run and each suite: how many were answered (kept with a reason, a page with a sentence), refused, and above.
FOUND: dict[str, Counter[int]] = defaultdict(Counter)


def suite_of(nodeid: str) -> str | None:
    return SUITE_OF.get(re.sub(r"^tests/|\[.*", "", nodeid))


@pytest.fixture(autouse=True)
def answers_to_bad_input(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if suite_of(request.node.nodeid) is None:
        yield
        return
    statuses: list[int] = []
    ask = Client.request

    def counted(client, **asked):
        answer = ask(client, **asked)
        statuses.append(answer.status_code)
        return answer

    monkeypatch.setattr(Client, "request", counted)
    yield
    request.node.user_properties.append((PROPERTY, statuses or [400]))
    assert [status for status in statuses if status >= 500] == []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Where the reports of all processes come together."""
    suite = suite_of(report.nodeid)
    if suite and report.when == "teardown":
        for status in dict(report.user_properties).get(PROPERTY, ()):
            FOUND[suite][TAKEN if status < 400 else REFUSED if status < 500 else ABOVE] += 1


def table() -> str:
    rows = [("bad input, by suite", "tried", "2xx or 3xx", "refused, 4xx", "above")]
    rows += [(suite, *map(str, _figures(found))) for suite, found in sorted(FOUND.items())]
    rows.append(("together", *map(str, _figures(sum(FOUND.values(), Counter())))))
    return "\n".join(
        f"{name:<52}{tried:>7}{taken:>19}{refused:>15}{above:>11}" for name, tried, taken, refused, above in rows
    )


def _figures(found: Counter[int]) -> tuple[int, int, int, int]:
    return found.total(), found[TAKEN], found[REFUSED], found[ABOVE]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    # After a whole run alone: half a report would be read as a whole one.
    if FOUND.keys() == SUITES.keys():
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(table() + "\n")
        terminalreporter.section("bad input")
        terminalreporter.write_line(table())
