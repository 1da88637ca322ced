"""What is raised on purpose about frames."""

from botox_schedule import BotoxScheduleError


class PanelError(BotoxScheduleError, ValueError):
    """A frame, its columns or the protocols for it are not what was expected."""
