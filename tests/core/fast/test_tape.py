"""The tape: memory that is lent and given back."""

import numpy as np

from backscope.core.activations import ACTIVATIONS
from backscope.core.fast.tape import Scratch
from backscope.core.fast.taped import record


def test_intermediate_results_share_memory():
    scratch = Scratch()
    x = np.zeros((8, 8))
    calls, _ = record(ACTIVATIONS["gelu"].value, x, out=np.empty_like(x), scratch=scratch)
    assert len(calls) > 20
    assert scratch.arrays < 10


def test_what_is_given_back_is_lent_again_only_to_its_like():
    scratch = Scratch()
    one = scratch.take(np.empty((3, 4)))
    scratch.give(one)
    assert scratch.take(np.empty((4, 3))) is not one
    assert scratch.take(np.empty((3, 4), np.float32)) is not one
    assert scratch.take(np.empty((3, 4))) is one
    assert scratch.arrays == 3
