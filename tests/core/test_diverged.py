import numpy as np

from backscope.core.diverged import first_nonfinite
from backscope.core.network import LayerTrace, Parameters, Trace


def step_of(layers=3, rows=4, width=2):
    """A finite step of which each test spoils something."""

    def block():
        return np.ones((rows, width))

    trace = Trace([LayerTrace(block(), block(), block(), block()) for _ in range(layers)], block())
    deltas = [block() for _ in range(layers)]

    def parameters():
        return [Parameters(np.ones((width, width)), np.ones(width)) for _ in range(layers)]

    return trace, deltas, parameters(), parameters()


def name(trace, deltas, gradients, updates, loss=1.0, **later):
    return first_nonfinite(9, trace, loss, deltas, gradients, updates, **later)


def test_a_finite_step_has_nothing_to_name():
    assert name(*step_of()) is None


def test_a_layer_is_named_before_the_loss_it_spoils():
    trace, deltas, gradients, updates = step_of()
    trace.layers[1].z[0] = np.inf
    trace.layers[1].z[1] = -7.0
    trace.layers[2].z[:] = np.nan
    found = name(trace, deltas, gradients, updates, loss=float("nan"))
    assert (found.step, found.layer, found.quantity) == (9, 2, "z")
    assert (found.count, found.size, found.largest_finite) == (2, 8, 7.0)


def test_an_activation_that_overflows_is_told_from_its_preactivation():
    trace, *rest = step_of()
    trace.layers[0].a[0, 0] = np.inf
    assert name(trace, *rest).quantity == "a"


def test_the_loss_belongs_to_no_layer():
    found = name(*step_of(), loss=float("inf"))
    assert (found.layer, found.quantity, found.largest_finite) == (None, "loss", 0.0)


def test_backward_is_searched_from_the_last_layer_to_the_first():
    trace, deltas, gradients, updates = step_of()
    deltas[0][0, 0] = np.nan
    gradients[1].W[0, 0] = np.inf
    found = name(trace, deltas, gradients, updates)
    assert (found.layer, found.quantity) == (2, "dW")


def test_a_normalization_that_overflows_is_named_before_its_activation():
    trace, *rest = step_of()
    trace.layers[1].n = np.full((4, 2), np.nan)
    trace.layers[1].a[:] = np.nan
    found = name(trace, *rest)
    assert (found.layer, found.quantity) == (2, "normalized z")


def test_a_norm_that_overflows_though_no_entry_does_is_named():
    found = name(*step_of(), gradient_norm=float("inf"))
    assert (found.layer, found.quantity) == (None, "gradient norm")


def test_what_the_optimizer_remembers_is_named_before_the_update_it_silences():
    *rest, updates = step_of()
    updates[0].W[:] = np.inf
    memory = step_of()[3]
    memory[2].W[1, 1] = np.inf
    found = name(*rest, updates, remembered={"adam_square": memory})
    assert (found.layer, found.quantity, found.count) == (3, "adam_square of W", 1)


def test_an_update_that_overflows_is_named_last():
    *rest, updates = step_of()
    updates[0].b[0] = np.inf
    found = name(*rest, updates, remembered={"velocity": step_of()[3]})
    assert (found.layer, found.quantity) == (1, "update of b")
