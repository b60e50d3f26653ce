"""Checks a data folder after its server was killed, knowing only the written formats: check_data.py DATA EXPECTED.json

Prints one line for each fault, and ends with 1 where there is one. Shares no code with the product, and changes nothing:
databases are read as copies, so that the next start finds them as the kill left them.
"""

import hashlib
import json
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile

STATE_VERSION = 3
# Of a record in one part, and of one in pieces.
RECORD_KINDS = (3, 4)
DIGEST_BYTES = 32
MEMBERS = ("", "-wal", "-shm")

faults = []


def fault(text):
    faults.append(text)


def main():
    data = pathlib.Path(sys.argv[1])
    expected = json.loads(pathlib.Path(sys.argv[2]).read_text())
    check_names(data)
    check_files(data / "cache" / "files", expected)
    with tempfile.TemporaryDirectory() as copies:
        check_state(copy_of(data / "state" / "state.sqlite", copies), expected)
        check_pages(copy_of(data / "cache" / "pages.sqlite", copies), expected)
    for text in faults:
        print(text)
    return 1 if faults else 0


def check_names(data):
    """Nothing lies about that is not meant to: a database that was set aside was taken for damaged."""
    known = {"cache", "state", "cache/files", "cache/files/sha256", "cache/files/private", "cache/files/drafts"}
    known |= {f"{folder}.sqlite{suffix}" for folder in ("cache/pages", "state/state") for suffix in MEMBERS}
    for path in data.glob("**/*"):
        name = path.relative_to(data).as_posix()
        if name not in known and not name.startswith("cache/files/"):
            fault(f"{name} is not of ours")


def check_files(folder, expected):
    """Every stored file is what its name says, lies where its upstream's files belong, and is one that exists."""
    right = {"": set(), "corp": set()}
    for _, upstream, _, sha256 in expected["possible"]["served"]:
        right["corp" if upstream == "corp" else ""].add(sha256)
    for path in folder.glob("**/*"):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        draft = re.fullmatch(r"drafts/(\d+)\.\d+\.[0-9a-f-]{36}", name)
        stored = re.fullmatch(r"(?:sha256|private/([a-z][a-z0-9-]*))/([0-9a-f]{2})/([0-9a-f]{62})", name)
        if draft:
            if int(draft[1]) not in expected["draftsOf"]:
                fault(f"{name} is the draft of a process that was gone before the last one started")
        elif not stored:
            fault(f"{name} is not of ours")
        else:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            if sha256 != stored[2] + stored[3]:
                fault(f"{name} has sha256 {sha256}")
            elif sha256 not in right.get(stored[1] or "", ()):
                fault(f"{name} is no file of an upstream that is kept there")


def check_state(path, expected):
    """The state is whole, has every fact that a client was given, and none that is not so."""
    promised, possible = expected["promised"], expected["possible"]
    database = opened(path)
    if database is None:
        # Killed before it had made the tables: right as long as nobody was answered.
        if promised["owners"] or promised["served"]:
            fault("there is no state")
        return
    version = database.execute("pragma user_version").fetchone()[0]
    if version != STATE_VERSION:
        fault(f"the state has version {version}")
    owners = rows(database, "select project, upstream from owners")
    served = rows(database, "select project, upstream, filename, sha256 from served")
    compare("owner", owners, promised["owners"], possible["owners"])
    compare("served file", served, promised["served"], possible["served"])
    for upstream, names in database.execute("select upstream, names from lists"):
        lines = bytes(names).decode().split("\n")
        # Read at some moment, when the last names may not have been published yet.
        published = sorted(expected["list"][: len(lines) - 1])
        if upstream != "corp" or lines != [*published, ""]:
            fault(f"the list of {upstream} is not what it listed")
    database.close()


def compare(what, found, promised, possible):
    for fact in {*map(tuple, promised)} - found:
        fault(f"{what} {' '.join(fact)} was given to a client and is not remembered")
    for fact in found - {*map(tuple, possible)}:
        fault(f"{what} {' '.join(fact)} is remembered and never was so")


def check_pages(path, expected):
    """The cache is whole: every record proves itself, and none says anything of a private name by a public upstream."""
    database = opened(path)
    if database is None:
        return
    public = {project for project, upstream, _, _ in expected["possible"]["served"] if upstream == "pypi"}
    others = public - {*expected["list"]}
    # That a private index lacks a public name is written down for the day without a network.
    known = {"corp": {"/", *expected["list"], *(f"{name} absent" for name in others)}, "pypi": {"/", *others}}
    for key, record in database.execute("select key, value from pages_1"):
        name = key.removeprefix("keyv:")
        written = name.encode() + f"\n{record[0]}\n".encode() + record[1 + DIGEST_BYTES :]
        digest = hashlib.sha256(written).digest()
        if record[0] not in RECORD_KINDS or record[1 : 1 + DIGEST_BYTES] != digest:
            fault(f"the page kept as {name!r} is not what was written")
        _, upstream, _, page = name.split(" ", 3)
        if page not in known.get(upstream, ()):
            fault(f"the page kept as {name!r} should never have been asked for")
    database.close()


def copy_of(path, folder):
    """Copies a database without its shared memory, which a process leaves when it is killed and which is made anew."""
    for suffix in MEMBERS[:2]:
        member = path.with_name(path.name + suffix)
        if member.exists():
            shutil.copy(member, folder)
    return pathlib.Path(folder) / path.name


def opened(path):
    """The database at `path`, proved whole; None where there is none, or one without tables."""
    if not path.exists():
        return None
    database = sqlite3.connect(path)
    try:
        verdict = database.execute("pragma integrity_check").fetchone()[0]
        if verdict != "ok":
            fault(f"{path.name}: {verdict}")
        tables = database.execute("select count(*) from sqlite_schema where type = 'table'").fetchone()[0]
    except sqlite3.DatabaseError as error:
        fault(f"{path.name}: {error}")
        return None
    return database if tables else None


def rows(database, query):
    return {*database.execute(query)}


if __name__ == "__main__":
    sys.exit(main())
