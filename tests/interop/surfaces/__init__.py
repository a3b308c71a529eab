"""The scenarios of surface.py, by topic."""

from . import command_line, fifos, files, mails, pid_files, processes, reloads, scripts, signals, trackers  # noqa: F401
from .base import ALWAYS_KNOWN, SCENARIOS

__all__ = ["ALWAYS_KNOWN", "SCENARIOS"]
