"""Makes any text safe for a page or a picture."""

import re
from html import escape

from botox_schedule.values import STEERING

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INSTEAD = "\ufffd"


def clean(text: object) -> str:
    r"""Return a text without the characters that XML cannot hold.

    Invisible characters that steer the text, such as those that turn its direction, are
    replaced by a visible one: two different names must not look alike.

    >>> clean("P1\x00\u202e2")
    'P1�2'
    """
    return STEERING.sub(_INSTEAD, _NOT_XML.sub("", str(text)))


def escaped(text: object) -> str:
    """Return any text as markup that shows it.

    >>> escaped("<b>&")
    '&lt;b&gt;&amp;'
    """
    return escape(clean(text))
