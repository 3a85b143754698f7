import os
import shutil

import pytest

from backscope.core.errors import DataError, InputError
from backscope.core.store.deleting import delete
from backscope.core.store.lock import Lock
from backscope.core.store.places import Place, home


def test_a_run_is_deleted_with_everything_beside_it(trained):
    place, other = trained(20), trained(20)
    place.log.write_text("said")
    delete(place)
    assert not place.directory.exists()
    assert other.database.is_file()


def test_a_live_run_is_not_deleted(trained):
    place = trained(20, finished=False)
    lock = Lock(place.lock)
    with pytest.raises(InputError, match=rf"^run {place.id} is being trained by process \d+"):
        delete(place)
    assert place.database.is_file()
    lock.release()
    delete(place)
    assert not place.directory.exists()


def test_what_does_not_lie_among_the_runs_is_left_alone(trained, tmp_path):
    place = trained(20)
    copy = tmp_path / "copy"
    shutil.copytree(place.directory, copy)
    shutil.copy(place.database, place.directory / "copy.db")
    (home() / "holiday").mkdir()
    for each in (Place(copy), Place(place.directory, "copy.db"), Place(home() / "holiday")):
        with pytest.raises(InputError):
            delete(each)
        assert each.directory.is_dir()


def test_a_directory_that_is_only_pointed_at_keeps_what_it_holds(trained, tmp_path):
    place = trained(20)
    moved = tmp_path / "moved"
    place.directory.rename(moved)
    place.directory.symlink_to(moved)
    with pytest.raises(DataError, match="cannot be deleted"):
        delete(place)
    assert (moved / "run.db").is_file()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_run_in_a_place_that_cannot_be_written_to_stays(trained):
    place = trained(20)
    home().chmod(0o500)
    try:
        with pytest.raises(DataError, match="cannot be deleted"):
            delete(place)
    finally:
        home().chmod(0o700)
