"""One BLAS thread for all tests, before NumPy is imported: as the commands themselves have it.

And no test writes runs to where a person has theirs.
"""

import os
from collections.abc import Iterator

import pytest

from backscope.core.blas import use_one_thread_unless_asked

use_one_thread_unless_asked()


@pytest.fixture(autouse=True, scope="session")
def _runs_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    from backscope.core.store.places import HOME

    before = os.environ.get(HOME)
    os.environ[HOME] = str(tmp_path_factory.mktemp("home"))
    yield
    if before is None:
        del os.environ[HOME]
    else:
        os.environ[HOME] = before
