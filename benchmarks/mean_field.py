"""How far mean-field theory is from the first step: the error signal of layer 1 over the last one.

For every activation, initializer and gain, digits, ten layers of 128: log10 of the ratio as it is
predicted, as it was measured (the median of 5 seeds), and the difference. The claim is that none is
beyond 0.3 decades. Then what a prediction costs beside the first step of a training.

    python benchmarks/mean_field.py [--depth 10] [--width 128] [--quick]
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from backscope.core.activations import ACTIVATIONS
from backscope.core.experiment import Experiment
from backscope.core.mean_field import moments, predicted_signal
from backscope.core.theory import compare_with_theory
from backscope.core.trainer import Trainer

INITIALIZERS = [
    f"{name}_{kind}" for name in ("xavier", "he", "lecun") for kind in ("normal", "uniform")
]
GAINS = (0.5, 1.0, 2.0)
CLAIM = 0.3
COST_DEPTHS = (10, 100)


def experiment(depth: int, width: int, **network: object) -> Experiment:
    """Digits, in a network of these settings."""
    tables = {
        "network": {"depth": depth, "width": width, **network},
        "training": {"steps": 1},
    }
    return Experiment.from_dict(tables)


def accuracy(depth: int, width: int, activations: list[str]) -> list[float]:
    """Print the table; the differences."""
    print("log10 of layer 1 over the last: predicted, measured - predicted, at gains", *GAINS)
    wrong: list[float] = []
    for activation in activations:
        for initializer in INITIALIZERS:
            cells = []
            for gain in GAINS:
                compared = compare_with_theory(
                    experiment(
                        depth, width, activation=activation, initializer=initializer, gain=gain
                    )
                )
                predicted = float(compared.prediction.decades[0])
                wrong.append(float(compared.measured[0]) - predicted)
                cells.append(f"{predicted:+8.2f} {wrong[-1]:+6.2f}")
            print(f"{activation:11}{initializer:16}", "  ".join(cells), flush=True)
    return wrong


def cost(rounds: int) -> None:
    """Print what a first prediction takes beside what it is drawn over: building and one step."""
    print("\nprocessor ms, median: a prediction (nothing cached), building a trainer and one step")
    for activation in ("sigmoid", "tanh", "relu", "gelu"):
        for depth in COST_DEPTHS:
            given = experiment(depth, 64, activation=activation, initializer="xavier_normal")
            trainer = Trainer(given)
            times: dict[str, list[float]] = {"predicted": [], "trained": []}
            for _ in range(rounds):
                moments.cache_clear()
                started = time.process_time()
                predicted_signal(given.network, trainer.layout.layers, trainer.facts.inputs)
                times["predicted"].append(time.process_time() - started)
                started = time.process_time()
                next(Trainer(given).steps())
                times["trained"].append(time.process_time() - started)
            one, other = (1e3 * statistics.median(each) for each in times.values())
            print(f"{activation:9}{depth:4} layers{one:8.2f}{other:9.1f}   ratio {one / other:.3f}")


def main() -> None:
    """Accuracy, then cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--depth", type=int, default=10)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--quick", action="store_true", help="one activation, one round")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores")
    activations = ["tanh"] if options.quick else list(ACTIVATIONS)
    wrong = np.abs(accuracy(options.depth, options.width, activations))
    print(
        f"\n{len(wrong)} settings: median difference {np.median(wrong):.3f} decades, "
        f"worst {wrong.max():.3f}; claimed at most {CLAIM}"
    )
    cost(1 if options.quick else 7)


if __name__ == "__main__":
    main()
