"""What the dead ReLUs panel shows where there is no ReLU."""

from backscope.tui.panels import PANELS

draw = PANELS["dead_relus"].draw


def test_without_relus_a_sentence_says_what_to_do(view_of, screen_text):
    text = " ".join(screen_text(draw(view_of("vanishing"), 60, 15)).split())
    assert "No ReLU layers, so no unit can be dead or silent." in text
    assert "--set network.activation=relu" in text


def test_bounded_layers_show_their_saturated_share_instead(view_of, screen_text):
    lines = screen_text(draw(view_of("vanishing"), 60, 20)).splitlines()
    assert sum("10 %" in line for line in lines) == 10
    assert sum(
        "10 %" in line for line in screen_text(draw(view_of("vanishing"), 60, 9)).split("\n")
    )


def test_a_network_that_can_neither_die_nor_saturate_has_the_sentence_only(view_of, screen_text):
    assert "saturated" not in screen_text(draw(view_of("one layer"), 60, 15))


def test_there_is_no_time_axis_to_point_at(view_of):
    assert PANELS["dead_relus"].axis(view_of("vanishing"), 60, 15) is None
