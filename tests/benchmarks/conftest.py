"""Made-up recordings: columns that a test fills in, everything else sound."""

import numpy as np
import pytest
from diagnosis_suite.case import HEALTHY, Case, Part
from diagnosis_suite.judging import Judged, Told
from diagnosis_suite.outcome import Outcome
from diagnosis_suite.recording import Recording

from backscope.core.findings import Facts, Severity
from backscope.core.probes import PROBES, Cadence
from backscope.core.record import GLOBAL_METRICS, LayerInfo, Layout, Metric, NonFinite

SOUND = {
    "loss": 1.0,
    "validation_accuracy": 0.9,
    "validation_loss": np.nan,
    "weight_gradient_norm": 0.1,
    "silent": 0.0,
    "update_ratio": -3.0,
    "preactivation_mean": 0.0,
    "preactivation_std": 1.0,
}
UNITS = 10


@pytest.fixture
def recording():
    """A recording of so many steps and layers of ten units, ten steps an epoch."""

    def make(steps=60, layers=3, activation="relu", nonfinite=False, planned=None, **columns):
        infos = tuple(
            LayerInfo(i + 1, UNITS, UNITS, activation, activation == "relu", activation == "tanh")
            for i in range(layers)
        )
        probes = tuple(
            Metric(name, probe.about, scheduled=probe.cadence is not Cadence.EVERY_STEP)
            for name, probe in PROBES.items()
        )
        layout = Layout(infos, probes)
        rows = np.zeros((steps, layout.size))
        columns.setdefault("accuracy", np.linspace(0.5, 0.95, steps))
        for metric in (*GLOBAL_METRICS, *probes):
            value = columns.pop(metric.name, SOUND.get(metric.name, 0.0))
            wide = layout.columns(metric.name)
            array = np.asarray(value, float)
            if array.ndim == 1 and not layout.per_layer(metric.name):
                array = array[:, np.newaxis]  # a value a step, not one a layer
            rows[:, wide] = array
        rows[:, layout.columns("epoch")] = (np.arange(steps)[:, np.newaxis] + 1) / 10
        assert not columns
        bad = NonFinite(steps, 1, "dW", 1, 1, 0.0) if nonfinite else None
        facts = Facts(steps_planned=planned or steps, baseline=2.0)
        return Recording(layout, facts, rows, bad)

    return make


@pytest.fixture
def run():
    """A judged run of which a test says what matters."""

    def make(
        label=HEALTHY,
        *kinds,
        part=Part.TUNING,
        family="f",
        name="f 0",
        end=0.1,
        counts=True,
        severity=Severity.WARNING,
        story=None,
        alarms=None,
        accepted=(),
    ):
        told = tuple(Told(kind, severity, "") for kind in kinds)
        return Judged(
            name=name,
            family=family,
            part=part,
            label=label,
            accepted=frozenset((label, *accepted)),
            settings="",
            outcome=Outcome(1.0, end, np.nan, np.nan),
            counts=counts,
            story=((2, told),) if story is None else story,
            alarms=dict.fromkeys(
                ("absolute", "AUTOTRAINER", "SageMaker", "SageMaker, tensors"), alarms or ()
            ),
        )

    return make


@pytest.fixture
def case():
    """A case of this label."""

    def make(label):
        return Case("f 0", "f", Part.TUNING, {}, label, frozenset((label,)))

    return make
