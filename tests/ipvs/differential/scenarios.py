"""All scenarios."""

from . import checkers, details, events, tables  # noqa: F401
from .scenario import SCENARIOS  # noqa: F401
