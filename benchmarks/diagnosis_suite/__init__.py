"""Runs with known faults, by which the diagnosis is judged; ``benchmarks/diagnosis.py`` asks."""
