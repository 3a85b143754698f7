"""One BLAS thread for all tests, before NumPy is imported: as the commands themselves have it."""

from backscope.core.blas import use_one_thread_unless_asked

use_one_thread_unless_asked()
