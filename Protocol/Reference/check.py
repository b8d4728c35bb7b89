"""Checks vectors that another implementation has written:  check.py [DIRECTORY]   (../Vectors when left out)

Each input is answered anew and the answer is held against the file's."""

import json
import pathlib
import sys

from answers import ANSWERS
from conventions import Refused
from vectors import PLACE


def differs(solve, case):
    """None, or what is wrong with the case."""
    try:
        answer = solve(case["input"])
    except Refused as refused:
        return None if "refused" in case else f"refused here: {refused.why}"
    if "refused" in case:
        return f"refused there ({case['refused']}), not here"
    wrong = [field for field in answer.keys() | case["output"].keys() if answer.get(field) != case["output"].get(field)]
    return f"differs in {', '.join(sorted(wrong))}" if wrong else None


def main(place):
    checked = faults = 0
    for file in sorted(place.glob("*.json")):
        if file.stem not in ANSWERS:
            print(f"{file.name}: no such vectors", file=sys.stderr)
            faults += 1
            continue
        for case in json.loads(file.read_text())["cases"]:
            checked += 1
            fault = differs(ANSWERS[file.stem], case)
            if fault:
                faults += 1
                print(f"{file.name}, {case['name']}: {fault}", file=sys.stderr)
    print(f"{checked} cases, {faults} faults")
    return 0 if checked and not faults else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE))
