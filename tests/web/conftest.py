from tests.backoffice.conftest import camille, desk

__all__ = ["camille", "desk"]
