"""The scenarios of differential.py, by topic."""

from . import announcing, commands, election, following, network, protocol, resources, telling, tracking
from .base import ALWAYS_KNOWN

_TOPICS = (election, protocol, announcing, tracking, following, telling, network, resources, commands)
SCENARIOS = [scenario for topic in _TOPICS for scenario in topic.SCENARIOS]

__all__ = ["ALWAYS_KNOWN", "SCENARIOS"]
