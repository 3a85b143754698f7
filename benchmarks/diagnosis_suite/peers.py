"""What others would say of the same runs: three sets of published rules, made again.

They get the recorded columns and no more. What a rule needs and no column has is worked out from
what there is, as told at each; where that takes a guess, it is in the peer's favor.
"""

from __future__ import annotations

from .alarm import Alarm, Peer, first, in_order, silent_shares
from .autotrainer import autotrainer
from .recording import Recording
from .sagemaker import sagemaker, sagemaker_tensors

LARGE_NORM = 10.0
SMALL_NORM = 1e-7
SILENT_SHARE = 0.5


def absolute(recording: Recording) -> tuple[Alarm, ...]:
    """The thresholds of many a callback: norms of weight gradients above 10 or below 1e-7.

    With them a loss that is not a number, and a layer of which half the ReLU units are silent.
    """
    norms = recording["weight_gradient_norm"]
    alarms = first(norms > LARGE_NORM, "gradient norm > 10", "exploding_gradient")
    alarms += first(norms < SMALL_NORM, "gradient norm < 1e-7", "vanishing_gradient")
    alarms += first(silent_shares(recording) > SILENT_SHARE, "half a layer silent", "dying_relu")
    if recording.nonfinite is not None:
        kinds = ("divergence", "exploding_gradient")
        alarms.append(Alarm(recording.steps, "not finite", kinds))
    return in_order(alarms)


PEERS: dict[str, Peer] = {
    "absolute": absolute,
    "AUTOTRAINER": autotrainer,
    "SageMaker": sagemaker,
    "SageMaker, tensors": sagemaker_tensors,
}
