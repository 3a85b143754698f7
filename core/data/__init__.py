"""Data: where the rows come from, and how they become what a network trains on."""

from __future__ import annotations

from .dataset import Dataset
from .preparation import DATA_SOURCES, DataSource, PreparedData, load_dataset, prepare

__all__ = ["DATA_SOURCES", "DataSource", "Dataset", "PreparedData", "load_dataset", "prepare"]
