"""The suite: counts, halves, and that it follows from its seed."""

from collections import Counter

import pytest
from diagnosis_suite.case import HEALTHY, Part
from diagnosis_suite.metamorphic import CHANGES
from diagnosis_suite.suite import (
    BASES,
    CONFIGURATIONS,
    FAMILIES,
    cases,
    labelled,
    metamorphic_set,
    random_set,
)

from backscope.core.activations import ACTIVATIONS
from backscope.core.experiment import Experiment
from backscope.core.findings import FINDING_KINDS
from backscope.core.optimizers import OPTIMIZERS

ALL = list(labelled())


def test_there_are_at_least_two_hundred_labelled_runs_of_every_family_and_kind():
    made = Counter(case.family for case in ALL)
    assert made == {family.name: family.count for family in FAMILIES}
    assert sum(made.values()) >= 200
    # Divergence is never a cause of its own: a rate or the weights make a run diverge.
    assert {case.label for case in ALL} == {HEALTHY, *FINDING_KINDS} - {"divergence"}


def test_the_halves_of_each_family_are_as_large_to_within_one():
    for family in FAMILIES:
        sizes = Counter(case.part for case in ALL if case.family == family.name)
        assert set(sizes) == {Part.TUNING, Part.REPORTED}
        assert abs(sizes[Part.TUNING] - sizes[Part.REPORTED]) <= 1


def test_the_suite_follows_from_its_seed_and_another_seed_makes_another():
    assert list(labelled()) == ALL
    other = list(labelled(seed=1))
    assert [case.name for case in other] == [case.name for case in ALL]
    assert all(a.document != b.document for a, b in zip(ALL, other, strict=True))


def test_healthy_runs_have_every_activation_optimizer_and_kind_of_data():
    healthy = [case.document for case in ALL if case.label == HEALTHY]
    networks = [document["network"] for document in healthy]
    assert {network["activation"] for network in networks} == set(ACTIVATIONS)
    assert {document["training"]["optimizer"] for document in healthy} == set(OPTIMIZERS)
    sources = {"digits", "xor", "circles", "moons", "spirals", "sine", "inline"}
    assert {document["data"]["source"] for document in healthy} == sources
    depths = [network["depth"] for network in networks]
    assert min(depths) == 1
    assert max(depths) >= 28
    kinds = {network.get("normalization", "none") for network in networks}
    assert kinds == {"none", "batch", "layer"}
    assert any(network.get("residual") for network in networks)


def test_other_kinds_are_accepted_only_with_a_reason():
    for family in FAMILIES:
        assert bool(family.also) == bool(family.why)
        assert {family.label, *family.also} <= {HEALTHY, *FINDING_KINDS}


@pytest.mark.parametrize("made", [labelled, random_set])
def test_every_case_is_an_experiment(made):
    for case in made():
        Experiment.from_dict(case.document)


def test_the_random_set_promises_nothing():
    drawn = list(random_set())
    assert len(drawn) == CONFIGURATIONS
    assert {(case.part, case.label) for case in drawn} == {(Part.RANDOM, "")}


def test_the_metamorphic_set_is_forty_eight_pairs():
    assert len(BASES) * len(CHANGES) == 48
    names = [case.name for case in metamorphic_set()]
    assert len(names) == len(set(names)) == len(BASES) * (1 + len(CHANGES))


def test_only_the_parts_that_were_asked_for_are_made():
    chosen = cases(frozenset({Part.REPORTED, Part.RANDOM}))
    assert {case.part for case in chosen} == {Part.REPORTED, Part.RANDOM}
