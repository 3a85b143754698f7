"""A workload, measured."""

from backscope.core.bench import contenders
from backscope.core.bench.contenders import BACKSCOPE
from backscope.core.bench.results import measure
from backscope.core.bench.workloads import Workload

TINY = Workload("tiny", 2, (3,), 1, "tanh", "xavier_normal", "adam", 0.01, 64)


def test_every_contender_has_a_timing_and_backscope_comes_first_with_ratio_one(monkeypatch):
    monkeypatch.setattr(
        contenders, "versions", lambda: {"torch": None, "jax": None, "scikit-learn": None}
    )
    result = measure(TINY, "float32", rounds=2, slice_seconds=0.001)
    assert result.workload is TINY
    assert [timing.name for timing in result.timings] == list(
        contenders.make_contenders(contenders.Exercise(TINY))
    )
    assert result.timings[0].name == BACKSCOPE
    assert result.timings[0].ratio == 1.0
    assert all(len(timing.seconds) == 2 and min(timing.seconds) > 0 for timing in result.timings)
