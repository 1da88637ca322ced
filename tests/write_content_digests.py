"""Writes the digest of each bundled protocol: run it when a version is new, never to quiet a test."""

from botox_schedule import bundled_protocols
from test_catalogue import DIGESTS, digest

if __name__ == "__main__":
    lines = [
        "# A digest for each version of the bundled content. A figure that changes needs a new version.",
        "",
    ]
    for protocol in bundled_protocols():
        lines += [f'["{protocol.id}"]', f'"{protocol.version}" = "{digest(protocol)}"', ""]
    DIGESTS.write_text("\n".join(lines), encoding="utf-8")
