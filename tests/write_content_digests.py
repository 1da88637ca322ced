"""Writes the digests of the bundled content: run it when a version is new, never to quiet a test.

One file is for the tests: a digest of each protocol. The other goes with the package: a digest of
each data file, for ``botox-schedule protocols --verify``.
"""

from importlib.resources import as_file
from itertools import groupby

from botox_schedule.protocols.bundled import DIGESTS as FILE_DIGESTS
from botox_schedule.protocols.bundled import data_digests, data_folder
from test_catalogue import DIGESTS, all_versions, digest

if __name__ == "__main__":
    lines = [
        "# A digest for each version of the bundled content. A figure that changes needs a new version.",
        "",
    ]
    versions = sorted(all_versions(), key=lambda protocol: (protocol.id, protocol.version_key))
    for name, each in groupby(versions, key=lambda protocol: protocol.id):
        lines += [f'["{name}"]', *(f'"{p.version}" = "{digest(p)}"' for p in each), ""]
    DIGESTS.write_text("\n".join(lines), encoding="utf-8")
    found = [f'"{name}" = "{digest}"' for name, digest in data_digests().items()]
    told = "# The SHA-256 digest of each data file of this version."
    with as_file(data_folder() / FILE_DIGESTS) as path:
        path.write_text("\n".join([told, "", *found, ""]), encoding="utf-8")
