"""What a model of a patient shows of itself: nothing."""

from typing import Any

__all__ = ["hidden"]


def hidden(_: object) -> list[Any]:
    """Return no arguments for a repr: it may end in a log.

    >>> hidden(None)
    []
    """
    return []
