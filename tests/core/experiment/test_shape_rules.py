"""What explicit initial weights ask of the layers."""

import copy

import pytest

from backscope.core.errors import InputError
from backscope.core.experiment import Experiment

WORKED_EXAMPLE = {
    "data": {"source": "inline", "X": [[0.5, 0.8]], "y": [[1.0]]},
    "network": {
        "hidden": [2],
        "initial_W": [[[0.15, 0.20], [0.25, 0.30]], [[0.40], [0.50]]],
        "initial_b": [[0.35, 0.35], [0.60]],
    },
}


def with_network(**keys):
    """The worked example with some keys of its network changed."""
    document = copy.deepcopy(WORKED_EXAMPLE)
    document["network"].update(keys)
    return document


def test_weights_of_the_right_shapes_are_taken_as_they_are():
    experiment = Experiment.from_dict(WORKED_EXAMPLE)
    assert experiment.network.initial_W == (((0.15, 0.20), (0.25, 0.30)), ((0.40,), (0.50,)))
    assert experiment.network.initial_b == ((0.35, 0.35), (0.60,))
    assert Experiment.from_dict(experiment.to_dict()) == experiment


@pytest.mark.parametrize(
    ("network", "text"),
    [
        ({"hidden": [3]}, "initial_W, layer 1: 2 columns, but the layer has 3 units"),
        ({"hidden": [2, 2]}, "initial_W: given for 2 layers, but the network has 3 (output includ"),
        ({"initial_b": [[0.0]]}, "initial_b: given for 1 layer, but the network has 2"),
        ({"initial_b": [[0.0], [0.0]]}, "initial_b, layer 1: biases for 1 unit, but the layer has"),
        ({"initial_b": [[0.0, 0.0], []]}, "initial_b, layer 2: biases for 0 units, but the layer"),
        ({"initial_W": [[[1, 2]], [[1], [2]]]}, "initial_W, layer 1: 1 row, but 2 values in"),
        ({"initial_W": [[[1, 2]] * 2, [[1]]]}, "initial_W, layer 2: 1 row, but 2 values in"),
        ({"initial_W": [[[1, 2], [1]], [[1], [2]]]}, "initial_W, layer 1: row 2 has length 1, but"),
        ({"initial_W": [[], [[1], [2]]]}, "initial_W, layer 1: no rows"),
    ],
)
def test_explicit_weights_must_have_the_shapes_of_the_layers(network, text):
    with pytest.raises(InputError) as caught:
        Experiment.from_dict(with_network(**network))
    assert caught.value.problems[0].startswith(f"network.{text}")
