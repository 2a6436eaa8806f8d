"""What templates call is called by one name: a library that is loaded takes another's name without a word."""

from __future__ import annotations

import importlib
from collections import Counter
from itertools import chain

import pytest
from django.template import engines

pytestmark = pytest.mark.any_database


def test_no_filter_and_no_tag_has_the_name_of_another() -> None:
    engine = engines["django"].engine  # type: ignore[attr-defined]
    modules = {*engine.builtins, *engine.libraries.values()}
    ours = [importlib.import_module(name).register for name in modules if name.startswith("zone.")]
    names = [*chain.from_iterable((*library.filters, *library.tags) for library in ours)]
    assert len(ours) == 4
    assert [name for name, count in Counter(names).items() if count > 1] == []
