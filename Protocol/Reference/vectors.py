"""Writes the vectors:  vectors.py [DIRECTORY]   (../Vectors when left out)

Deterministic: a run without changes leaves no difference."""

import importlib
import json
import pathlib
import sys

from answers import ANSWERS
from conventions import Refused

PLACE = pathlib.Path(__file__).resolve().parent.parent / "Vectors"

# File, page, section, module of its inputs.
FILES = [
    ("hashes", "00-conventions.md", "The hash", "ground"),
    ("base32", "00-conventions.md", "Text", "ground"),
    ("texts", "00-conventions.md", "Text", "ground"),
    ("signatures", "00-conventions.md", "Signatures", "ground"),
    ("node-keys", "01-identity.md", "Keys of a node", "ground"),
    ("networks", "01-identity.md", "Networks", "ground"),
    ("addresses", "01-identity.md", "Networks", "ground"),
    ("periods", "01-identity.md", "Networks", "ground"),
    ("records", "01-identity.md", "Records", "ground"),
    ("heartbeats", "01-identity.md", "Heartbeats", "ground"),
    ("puzzles", "01-identity.md", "The puzzle", "ground"),
    ("months", "01-identity.md", "The puzzle", "ground"),
    ("invites", "01-identity.md", "Invites", "ground"),
    ("messages", "02-wire.md", "Before decoding", "wire"),
    ("blocks", "02-wire.md", "Blocks", "wire"),
    ("offers", "02-wire.md", "Digest of an offer", "wire"),
    ("channels", "03-channel.md", "Packets", "channel"),
    ("channel-input", "03-channel.md", "Framing", "channel"),
    ("reached", "04-membership.md", "The table", "room"),
    ("rooms", "04-membership.md", "The table", "room"),
    ("trials", "04-membership.md", "The table", "trials"),
    ("tables", "04-membership.md", "Accepting a record", "table"),
    ("applicants", "04-membership.md", "Applicants", "applicants"),
    ("bringers", "04-membership.md", "Applicants", "bringers"),
    ("sums", "04-membership.md", "Comparing", "exchange"),
    ("comparisons", "04-membership.md", "Comparing", "exchange"),
    ("pulls", "04-membership.md", "Pulling", "exchange"),
    ("overdue", "04-membership.md", "Pulling", "exchange"),
    ("prunings", "04-membership.md", "The tree", "exchange"),
    ("trees", "04-membership.md", "The tree", "exchange"),
    ("challenges", "04-membership.md", "Challenges", "challenges"),
    ("mesh-times", "04-membership.md", "Mesh time", "table"),
    ("measurements", "04-membership.md", "Mesh time", "table"),
    ("clock-steps", "04-membership.md", "Mesh time", "table"),
    ("prefaces", "05-homes-and-doors.md", "Becoming a link", "mesh"),
    ("link-frames", "05-homes-and-doors.md", "Frames", "mesh"),
    ("openings", "05-homes-and-doors.md", "Streams", "mesh"),
    ("pipes", "05-homes-and-doors.md", "Pipes", "mesh"),
    ("doors", "05-homes-and-doors.md", "Doors", "mesh"),
    ("rounds", "06-pairing.md", "Time", "mesh"),
    ("keepers", "06-pairing.md", "Keepers", "mesh"),
    ("pools", "06-pairing.md", "Pools", "mesh"),
    ("depths", "06-pairing.md", "Shards", "mesh"),
    ("prices", "06-pairing.md", "Stamps", "mesh"),
    ("share-trees", "06-pairing.md", "Shares", "mesh"),
    ("share-paths", "06-pairing.md", "Shares", "mesh"),
    ("restoring", "06-pairing.md", "Shares", "mesh"),
    ("seals", "06-pairing.md", "Shares", "mesh"),
    ("stamps", "06-pairing.md", "Stamps", "mesh"),
    ("stamp-epochs", "06-pairing.md", "Stamps", "mesh"),
    ("receipts", "06-pairing.md", "At a keeper", "mesh"),
    ("samples", "06-pairing.md", "At a keeper", "mesh"),
    ("round-answers", "06-pairing.md", "Counting", "rounds"),
    ("counting", "06-pairing.md", "Counting", "rounds"),
    ("matchings", "06-pairing.md", "Matching", "rounds"),
    ("triples", "06-pairing.md", "Matching of three", "rounds"),
    ("pairings", "06-pairing.md", "What a pairing is", "rounds"),
    ("interests", "07-conversation.md", "Common ground", "common"),
    ("languages", "07-conversation.md", "Common ground", "common"),
    ("commons", "07-conversation.md", "Common ground", "common"),
    ("common-points", "07-conversation.md", "Common ground", "common"),
    ("resumes", "07-conversation.md", "Resuming", "common"),
    ("encounters", "07-conversation.md", "Meeting again", "common"),
    ("friends", "07-conversation.md", "Keeping in touch", "common"),
    ("witnesses", "07-conversation.md", "A question and two who discuss it", "common"),
    ("words", "07-conversation.md", "Safety words", "rounds"),
    ("rules", "07-conversation.md", "Limits", "rounds"),
]
FUNCTION_NAMES = {"base32": "base32s"}


def answered(solve, given):
    try:
        return {"output": solve(given)}
    except Refused as refused:
        return {"refused": refused.why}


def cases(file, module):
    inputs = getattr(importlib.import_module("inputs_" + module), FUNCTION_NAMES.get(file, file.replace("-", "_")))
    for title, given in inputs():
        yield {"name": title, "input": given} | answered(ANSWERS[file], given)


def main(place):
    place.mkdir(exist_ok=True)
    for file, page, section, module in FILES:
        made = list(cases(file, module))
        refused = sum("refused" in case for case in made)
        content = {"page": page, "section": section, "cases": made}
        (place / f"{file}.json").write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n")
        print(f"{file}.json: {len(made)} cases, {refused} of them refused")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE)
