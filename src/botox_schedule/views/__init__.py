"""Pictures, pages and their words.

Named here is what needs no extra; ``handout``, ``report`` and ``plots`` are imported by their
modules.
"""

from botox_schedule.views.messages import Messages, bundled_messages, load_messages
from botox_schedule.views.timeline import timeline_svg

__all__ = ["Messages", "bundled_messages", "load_messages", "timeline_svg"]
