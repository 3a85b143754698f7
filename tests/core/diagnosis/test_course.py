from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backscope.core.diagnosis.course import CHECKS, Course
from backscope.core.diagnosis.diagnosis import following


def course_of(checks):
    course = Course()
    for count, loss, promise in checks:
        course = course.after(count, loss, promise)
    return course


def test_before_the_first_check_nothing_is_known():
    assert (Course().loss, Course().best_before, Course().promised) == (inf, inf, 0.0)


def test_what_steps_promised_before_it_was_known_counts_as_what_they_promise_then():
    assert course_of([(1, 1.0, None), (5, 1.0, None), (10, 1.0, 0.3)]).promised == pytest.approx(3)
    assert course_of([(10, 1.0, 0.3), (15, 1.0, 1.0), (20, 1.0, None)]).promised == pytest.approx(8)


@settings(deadline=None)
@given(losses=st.lists(st.floats(0.0, 1e9), min_size=1, max_size=400))
def test_the_best_before_is_the_lowest_of_the_older_half(losses):
    count, course, seen = 1, Course(), []
    for loss in losses:
        course = course.after(count, loss, None)
        seen.append((count, loss))
        last, count = count, following(count)
    older = [loss for at, loss in seen[-CHECKS:] if at <= last / 2]
    assert course.best_before == min(older, default=inf)
    assert course.loss == losses[-1]


def test_the_checks_that_are_remembered_reach_back_to_the_older_half_of_any_run():
    checks = [1]
    while checks[-1] < 100_000:
        checks.append(following(checks[-1]))
        remembered = checks[-CHECKS:]
        if checks[-1] <= 10_000:
            assert remembered[0] <= max(checks[-1] / 2, 1)
