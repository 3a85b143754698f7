"""Ranges of bars that hold still."""

import numpy as np

from backscope.tui.panels.held import Held


def test_a_range_spans_whole_decades_and_at_least_so_many():
    assert Held().decades("a", np.array([0.02, 0.5]), 3.0) == (-3.0, 0.0)
    assert Held().decades("a", np.array([2e-7, 0.5]), 3.0) == (-7.0, 0.0)


def test_a_range_widens_at_once_and_narrows_late():
    held = Held()
    assert held.decades("a", np.array([1.5e-5, 0.5]), 3.0) == (-5.0, 0.0)
    assert held.decades("a", np.array([1.5e-4, 0.5]), 3.0) == (-5.0, 0.0)
    assert held.decades("a", np.array([1.5e-6, 0.5]), 3.0) == (-6.0, 0.0)
    assert held.decades("a", np.array([1.5e-3, 0.5]), 3.0) == (-3.0, 0.0)


def test_ranges_are_held_by_name():
    held = Held()
    held.decades("a", np.array([1e-9]), 3.0)
    assert held.decades("b", np.array([0.5]), 3.0) == (-3.0, 0.0)


def test_values_without_a_logarithm_do_not_count():
    odd = np.array([0.0, -1.0, np.nan, np.inf])
    assert Held().decades("a", odd, 3.0) == (-3.0, 0.0)


def test_what_was_made_of_the_same_objects_is_not_made_again():
    held, made = Held(), []

    def make():
        made.append(len(made))
        return made[-1]

    one, other = [1], [1]
    assert [held.made((one,), make), held.made((one,), make)] == [0, 0]
    assert held.made((other,), make) == 1  # equal, but another
    assert held.made((other, one), make) == 2
