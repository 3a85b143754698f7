"""The link: what is on its way to the terminal, and how far away that is."""

from __future__ import annotations

import re
import threading
import time

import pytest

from backscope.tui.link import ANSWERS, AWAY, LAST_WORDS, PATIENCE, REST, ROW, TRIAL, TRIALS, Link


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def link(clock):
    """An open link to a terminal that has answered once."""
    link = Link(clock)
    link.open()
    link.answered(*place(frame(link)))
    return link


def frame(link):
    """Write a frame; the question behind it."""
    link.wrote("a frame")
    question = link.question()
    link.wrote(question)
    return question


def place(question):
    """Where the terminal says that its cursor is."""
    row, column = re.fullmatch(r"\x1b7\x1b\[(\d+);(\d+)H\x1b\[6n\x1b8", question).groups()
    return int(row), int(column)


def test_bytes_are_counted_and_not_characters():
    link = Link()
    link.wrote("a⣿")
    assert link.written == 4


def test_after_a_frame_the_next_waits_for_the_answer(link):
    question = frame(link)
    assert link.wait() > 0.0
    assert link.answered(*place(question))
    assert link.wait() == 0.0


def test_a_key_is_answered_behind_a_frame_but_not_behind_two(link):
    frame(link)
    assert link.wait(ANSWERS) == 0.0
    frame(link)
    assert link.wait(ANSWERS) > 0.0


def test_where_nothing_was_written_nothing_is_asked(link):
    frame(link)
    assert link.question() == ""


def test_what_is_painted_in_several_goes_is_asked_about_once(link):
    with link.one_frame():
        link.wrote("the status")
        assert link.question() == ""
        link.wrote("the rest")
        assert link.question() == ""
    assert link.question() != ""


def test_every_answer_says_which_question_it_is_to(link, clock):
    first, second = frame(link), frame(link)
    assert first != second
    clock.now += 0.2
    assert link.answered(*place(second))
    assert link.wait(ANSWERS) == 0.0
    assert not link.answered(*place(first))


@pytest.mark.parametrize("where", [(1, 2), (1, 5), (ROW, 40)])
def test_keys_and_other_reports_are_no_answers(link, where):
    frame(link)
    assert not link.answered(*where)
    assert link.wait() > 0.0


def test_the_round_trip_is_the_shortest_of_late(link, clock):
    for seconds in (0.3, 0.05, 0.2):
        question = frame(link)
        clock.now += seconds
        link.answered(*place(question))
    assert link.round_trip == pytest.approx(0.0)  # the fixture's
    for _ in range(32):
        question = frame(link)
        clock.now += 0.05
        link.answered(*place(question))
    assert link.round_trip == pytest.approx(0.05)


def test_an_answer_that_does_not_come_is_given_up_and_each_time_later(link, clock):
    waits = []
    for _ in range(4):
        frame(link)
        waits.append(link.wait())
        clock.now += waits[-1]
        assert link.wait() == 0.0
    assert waits == pytest.approx([PATIENCE, PATIENCE, 2 * PATIENCE, 4 * PATIENCE])


def test_a_terminal_that_never_answers_is_soon_left_alone(clock):
    link = Link(clock)
    link.open()
    for _ in range(TRIALS):
        assert frame(link)
        assert link.wait() == pytest.approx(TRIAL)
        clock.now += TRIAL
    assert not frame(link)
    assert link.wait() == 0.0
    assert link.round_trip is None


def test_a_terminal_that_never_answers_lets_no_key_wait(clock):
    link = Link(clock)
    link.open()
    for _ in range(5):
        frame(link)
        assert link.wait(ANSWERS) == 0.0


def test_keys_do_not_use_up_the_trials(clock):
    link = Link(clock)
    link.open()
    questions = [frame(link) for _ in range(5)]
    assert [bool(question) for question in questions] == [True, False, False, False, False]


def test_an_answer_that_comes_very_late_is_still_one(clock):
    link = Link(clock)
    link.open()
    questions = []
    for _ in range(TRIALS):
        questions.append(frame(link))
        clock.now += TRIAL
    assert link.answered(*place(questions[0]))
    assert link.round_trip == pytest.approx(TRIALS * TRIAL)
    assert frame(link)


def test_where_there_is_no_terminal_nothing_is_asked_and_nothing_waits(clock):
    link = Link(clock)
    assert frame(link) == ""
    assert link.wait() == 0.0
    link.drain()


def test_at_the_end_the_answer_that_is_due_is_waited_for(link):
    question = frame(link)
    answer = threading.Timer(0.05, link.answered, place(question))
    answer.start()
    link.drain()
    assert answer.finished.is_set()
    answer.join()
    assert frame(link) == ""


def test_at_the_end_an_answer_long_overdue_is_not_waited_for(link, clock):
    frame(link)
    clock.now += LAST_WORDS
    link.drain()


def test_a_terminal_that_goes_meanwhile_is_waited_for_no_longer(link):
    frame(link)
    going = threading.Timer(0.05, link.lost)
    going.start()
    started = time.monotonic()
    assert link.drain()
    assert time.monotonic() - started < TRIAL
    going.join()


def test_a_terminal_that_is_gone_is_asked_nothing_and_not_waited_for(link):
    frame(link)
    link.lost()
    assert frame(link) == ""
    assert link.wait() == 0.0
    assert link.drain()


def test_a_frame_leaves_the_link_free_for_keys_for_longer_than_it_was_busy(link, clock):
    question = frame(link)
    clock.now += 0.08
    link.answered(*place(question))
    assert link.wait() == pytest.approx(REST * 0.08)
    assert link.wait(ANSWERS) == 0.0
    clock.now += REST * 0.08
    assert link.wait() == 0.0


def test_a_terminal_that_reads_again_after_a_long_time_gets_the_present_at_once(link, clock):
    question = frame(link)
    clock.now += AWAY + 0.1
    assert link.wait() > 0.0
    assert link.answered(*place(question))
    assert link.wait() == 0.0


def test_a_link_that_is_only_long_is_not_left_free(clock):
    link = Link(clock)
    link.open()
    question = frame(link)
    clock.now += 0.3
    link.answered(*place(question))
    assert link.wait() == 0.0


def test_a_terminal_that_takes_nothing_gets_nothing_more(link):
    link.held_up = lambda: True
    assert link.wait() > 0.0
    assert link.wait(ANSWERS) > 0.0
    link.held_up = lambda: False
    assert link.wait() == link.wait(ANSWERS) == 0.0
