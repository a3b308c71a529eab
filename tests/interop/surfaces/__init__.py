"""The scenarios of surface.py, by topic."""

from . import (changes, command_line, fifos, files, mails, oddities, pid_files, processes, reloads, scripts,  # noqa: F401
               signals, trackers)
from .base import ALWAYS_KNOWN, SCENARIOS

__all__ = ["ALWAYS_KNOWN", "SCENARIOS"]
