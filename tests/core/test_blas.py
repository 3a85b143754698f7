"""Threads of the matrix products."""

import os

import pytest
from threadpoolctl import ThreadpoolController

from backscope.core.blas import THREAD_VARIABLES, use_one_thread_unless_asked, use_threads

ALL_ONE = dict.fromkeys(THREAD_VARIABLES, "1")


def test_one_thread_is_the_default_of_every_library():
    environ = {}
    use_one_thread_unless_asked(environ)
    assert environ == ALL_ONE


def test_what_is_said_of_one_library_holds_for_it_and_the_others_get_one():
    environ = {"OPENBLAS_NUM_THREADS": "4"}
    use_one_thread_unless_asked(environ)
    assert environ == ALL_ONE | {"OPENBLAS_NUM_THREADS": "4"}


def test_what_is_said_of_all_libraries_is_not_hidden_by_a_variable_of_one():
    environ = {"OMP_NUM_THREADS": "2"}
    use_one_thread_unless_asked(environ)
    assert environ == {"OMP_NUM_THREADS": "2"}


def test_a_number_that_is_asked_for_overrules_the_environment():
    environ = {"OMP_NUM_THREADS": "8", "MKL_NUM_THREADS": "4"}
    with ThreadpoolController().limit():  # puts back what it was
        use_threads(2, environ)
    assert environ == dict.fromkeys(THREAD_VARIABLES, "2")


def test_a_library_that_is_loaded_already_is_told_too():
    blas = ThreadpoolController().select(user_api="blas")
    if not blas.lib_controllers:
        pytest.skip("NumPy uses a library that cannot be asked")
    with ThreadpoolController().limit():
        use_threads(1, dict(os.environ))
        assert {library["num_threads"] for library in blas.info()} == {1}
