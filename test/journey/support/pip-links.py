"""Prints, as JSON, the links that pip's own parser reads from each of the pages that a file names."""

import base64
import datetime
import json
import sys
from urllib.parse import unquote, urlsplit

from pip._internal.index.collector import IndexContent, _get_encoding_from_headers, parse_links


def read(page):
    content = base64.b64decode(page["content"])
    encoding = _get_encoding_from_headers({"Content-Type": page["type"]})
    # Otherwise two pages of one URL are the same to it.
    index = IndexContent(content, page["type"], encoding, page["url"], cache_link_parsing=False)
    return [fields(link) for link in parse_links(index)]


def fields(link):
    hashes = dict(link._hashes)
    if link.hash_name is not None:
        hashes.setdefault(link.hash_name, link.hash)
    return {
        "filename": link.filename,
        "path": unquote(urlsplit(link.url).path),
        "requiresPython": link.requires_python,
        "yankedReason": link.yanked_reason,
        "hashes": hashes,
        "uploadTime": moment(getattr(link, "upload_time", None)),
        "metadata": metadata(link),
    }


def moment(time):
    return None if time is None else time.astimezone(datetime.timezone.utc).isoformat()


def metadata(link):
    """None, True, or hashes: pip before 23.2 has what the page says, later ones have read it."""
    if hasattr(link, "metadata_file_data"):
        found = link.metadata_file_data
        return None if found is None else found.hashes or True
    said = link.dist_info_metadata
    if isinstance(said, str) and "=" in said:
        return dict([said.split("=", 1)])
    return said if isinstance(said, dict) else bool(said) or None


with open(sys.argv[1], "rb") as file:
    print(json.dumps([read(page) for page in json.load(file)]))
