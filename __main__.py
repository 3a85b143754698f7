"""``python -m backscope``: the same as the ``backscope`` command."""

import sys

from .tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
