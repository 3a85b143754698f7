"""Backscope's training step beside what a user would otherwise run, on the machine at hand.

Five workloads, several contenders that do the same work from the same weights on the same batches,
and a clock: they take turns in one process, so that a busy machine slows them alike.
"""
