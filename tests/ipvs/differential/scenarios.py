"""All scenarios."""

from . import checkers, connections, courses, details, events, sequences, tables, whole  # noqa: F401
from .scenario import SCENARIOS  # noqa: F401
