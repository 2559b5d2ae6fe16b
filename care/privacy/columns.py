"""The inventory of everything we keep about people: the lists of all rooms together, and what they have not classed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from audit import guards
from values.inventory import Class, Erased, Table


def tables() -> dict[str, Table]:
    """Every table that some room's `inventory.py` lists, by name."""
    found: dict[str, Table] = {}
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "inventory"):
            listed = import_module(f"{config.name}.inventory").TABLES
            found.update({table.name: table for table in listed})
    return found


def models() -> dict[str, Any]:
    """Every model that has a table of its own, by the table's name; those of libraries too."""
    every = apps.get_models(include_auto_created=True, include_swapped=False)
    return {model._meta.db_table: model for model in every if model._meta.managed and not model._meta.proxy}


def columns_of(model: Any) -> list[str]:
    """The columns of a table in their order."""
    return [field.column for field in model._meta.local_concrete_fields if field.column]


def unclassed(rooms: frozenset[str]) -> Iterator[str]:
    """`table.column` of these rooms that no inventory gives a class, and `table` where a table is in none."""
    listed = tables()
    for name, model in sorted(models().items()):
        if model._meta.app_label not in rooms:
            continue
        table = listed.get(name)
        if table is None:
            yield f"{name} ({model._meta.app_label}/inventory.py)"
        elif table.whose or table.basis != "not about people":
            for column in columns_of(model):
                if table.class_of(column) is None:
                    yield f"{name}.{column} ({model._meta.app_label}/inventory.py)"


def contradictions() -> Iterator[str]:
    """What an inventory says that cannot be: a column that is not there, personal data that erasing would leave."""
    there = models()
    for name, table in tables().items():
        model = there.get(name)
        if model is None:
            yield f"{name} is listed and is no table"
            continue
        said = {*table.none, *table.pseudonymous, *table.personal, *table.sensitive, *table.files, *table.tokens}
        said |= set(table.exempt) - {"*"}
        for column in sorted(said - set(columns_of(model))):
            yield f"{name}.{column} is listed and is no column"
        told = (*table.personal, *table.sensitive)
        if told and not table.whose and not table.exempt:
            yield f"{name} holds {told[0]} and says neither whose it is nor why that cannot be said"
        if name in guards.REVOKED and table.erased != Erased.KEEP:
            stuck = set(told) - set(guards.REVOKED[name])
            if stuck or table.erased == Erased.DELETE:
                yield f"{name} only grows: let {', '.join(sorted(stuck)) or 'it'} change (audit.guards)"
        if told and table.whose and table.erased == "keep" and not table.exempt:
            yield f"{name}.{told[0]} would outlive its person: erased=EMPTY or DELETE"


def of_people(*, classes: frozenset[Class] = frozenset(Class)) -> list[Table]:
    """Tables whose rows name a person."""
    return [table for table in tables().values() if table.whose]
