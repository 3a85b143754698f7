"""Backscope: the oscilloscope for backpropagation.

``backscope.core`` is everything that is true without a screen, ``backscope.tui`` everything a
person sees or types, ``backscope.presets`` the demonstrations and the bundled data.
"""

__version__ = "0.1.0"
