"""The admin's skin: the bases every admin screen of ours derives from, its colours, its header of security."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adminsite.bases import ModelAdmin, ReadOnlyModelAdmin, StackedInline, TabularInline

__all__ = ["ModelAdmin", "ReadOnlyModelAdmin", "StackedInline", "TabularInline"]


def __getattr__(name: str) -> Any:
    # The bases need Django's models, which are not there yet when this package is loaded as an app.
    if name not in __all__:
        raise AttributeError(name)
    from adminsite import bases

    return getattr(bases, name)
