"""Holds one JSON document of the command against its table in docs/output.md.
   python3 output.py docs/output.md SECTION <json"""
import json
import sys

TYPES = {"integer": int, "number": (int, float), "string": str, "boolean": bool,
         "object": dict, "array": list, "null": type(None)}


def table(path, section):
    keys, here = {}, False
    for line in open(path, encoding="utf-8"):
        if line.startswith("## "):
            here = line[3:].strip() == section
        elif here and line.startswith("| ") and not line.startswith("| key "):
            cells = [c.strip() for c in line.split("|")]
            keys[cells[1]] = cells[2]
    return keys


def fits(value, kind):
    for word in kind.split(", ")[0].split(" or "):
        if isinstance(value, TYPES[word]) and not (isinstance(value, bool) and word != "boolean"):
            return True
    return False


def check(value, keys):
    for key in value:
        if key not in keys:
            yield f"'{key}' is not in the table"
        elif not fits(value[key], keys[key]):
            yield f"'{key}' is {value[key]!r}, not {keys[key]}"
    for key, kind in keys.items():
        if key not in value and "absent" not in kind:
            yield f"'{key}' is missing"


wrong, n = [], 0
keys = table(sys.argv[1], sys.argv[2])
for line in sys.stdin.read().splitlines():
    document = json.loads(line)
    for value in document if isinstance(document, list) else [document]:
        n += 1
        wrong += check(value, keys)
        if isinstance(value.get("best"), dict):
            wrong += check(value["best"], table(sys.argv[1], "trial"))
print("\n".join(wrong))
sys.exit(n == 0 or not keys or bool(wrong))
