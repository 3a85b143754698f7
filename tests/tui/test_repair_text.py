from backscope.core.store.repairing import Repaired
from backscope.tui.repair_text import counted, repair_text


def test_numbers_and_what_they_count_agree():
    assert [counted(n, "step") for n in (0, 1, 2_000)] == ["0 steps", "1 step", "2,000 steps"]


def test_all_that_was_lost_is_said_and_what_was_not_is_left_out():
    done = Repaired(5, 7, 1, 2, 1, 0, None)
    assert repair_text(done, "a\x1b.db").splitlines() == [
        "Whole: 5 steps, 1 chunk, 1 event, in a^[.db",
        "Lost: 7 steps, 2 chunks",
        "It has no whole checkpoint: it cannot be resumed.",
    ]
