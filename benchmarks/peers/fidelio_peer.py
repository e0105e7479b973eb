"""What all adapters share: JSON lines on stdin and stdout, and the space as data.

An adapter is a class with `create(request)`, `ask() -> dict`, `report(request) -> str` and
`tell(request)`; see the head of bench/peer.c for the messages. CPU time is counted from
the end of `create`, so that imports and start-up do not count.
"""
import json
import os
import re
import sys


def cpu():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Parameter:
    """One parameter of the library's space JSON."""

    def __init__(self, spec):
        self.name = spec["name"]
        self.kind = spec["type"]  # float, int, categorical, ordered, fixed
        self.low, self.high = spec.get("min"), spec.get("max")
        self.log = spec.get("scale") == "log"
        self.choices = spec.get("values")
        self.parent, self.parent_values = None, None
        for text in spec.get("when", []):
            self.parent, self.parent_values = condition(text)

    def is_active(self, config):
        return self.parent is None or config.get(self.parent) in self.parent_values


def condition(text):
    """`a` in ['x', 'y'] and a == 'x', the forms that the problems use."""
    match = re.fullmatch(r"`?([\w.-]+)`?\s*(?:==\s*'([^']*)'|in\s*\[(.*)\])", text.strip())
    if not match:
        raise ValueError("condition not supported by this adapter: " + text)
    name, single, several = match.groups()
    return name, [single] if single is not None else re.findall(r"'([^']*)'", several)


def parameters(request):
    """In an order in which parents come before their children."""
    todo = [Parameter(p) for p in request["space"]["parameters"] if p["type"] != "fixed"]
    done = []
    while todo:
        ready = [p for p in todo if p.parent is None or p.parent in [d.name for d in done]]
        if not ready:
            raise ValueError("conditions form a cycle")
        done += ready
        todo = [p for p in todo if p not in ready]
    return done


def serve(adapter):
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the peer prints is talk, not an answer
    start = cpu()
    for line in sys.stdin:
        request = json.loads(line)
        op = request["op"]
        if op == "create":
            adapter.create(request)
            answer = {"ok": True}
            start = cpu()
        elif op == "ask":
            answer = adapter.ask()
        elif op == "report":
            answer = {"decision": adapter.report(request)}
        else:
            adapter.tell(request)
            answer = {"ok": True}
        answer["cpu"] = cpu() - start
        out.write(json.dumps(answer) + "\n")
        out.flush()
