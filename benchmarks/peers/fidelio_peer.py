"""What all adapters share: JSON lines on stdin and stdout, and the space as data.

Import this before anything else: it sets the number of threads to one and takes stdout.
An adapter is a subclass of Adapter; see its methods, and the head of bench/peer.c for the
messages.
CPU time is counted from the end of `create`, so that imports and start-up do not count.
"""
import ast
import json
import math
import os
import re
import resource
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what a peer prints, even while it is imported, is talk and not an answer

for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "RAYON"):
    os.environ[name + "_NUM_THREADS"] = "1"


def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


class Parameter:
    """One parameter of the library's space JSON."""

    def __init__(self, spec):
        self.name = spec["name"]
        self.kind = spec["type"]  # float, int, categorical, ordered
        self.low, self.high = spec.get("min"), spec.get("max")
        self.log = spec.get("scale") == "log"
        self.step = spec.get("step")
        self.choices = spec.get("values")
        if self.choices and any(isinstance(c, float) for c in self.choices):
            self.choices = [float(c) for c in self.choices]  # JSON made 1 of 1.0
        self.parent, self.parent_values = None, None
        for text in spec.get("when", []):
            self.parent, self.parent_values = condition(text)

    def is_numeric(self):
        return self.kind in ("float", "int")

    def is_active(self, config):
        return self.parent is None or config.get(self.parent) in self.parent_values

    def legal(self, value):
        """`value` of a peer as a plain value within the bounds."""
        if self.kind == "int":
            return min(max(int(round(value)), self.low), self.high)
        if self.kind == "float" and self.step:
            value = self.low + self.step * round((value - self.low) / self.step)
        return min(max(float(value), self.low), self.high) if self.kind == "float" else value

    def to_unit(self, value):
        """In [0,1]; ordered choices are equally spaced."""
        if self.kind == "ordered":
            return self.choices.index(value) / max(len(self.choices) - 1, 1)
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return (value - low) / (high - low)

    def from_unit(self, u):
        u = min(max(float(u), 0.0), 1.0)
        if self.kind == "ordered":
            return self.choices[round(u * (len(self.choices) - 1))]
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return self.legal(math.exp(low + u * (high - low)))
        return self.legal(self.low + u * (self.high - self.low))

    def default(self):
        """What a peer without conditions sees of an inactive parameter."""
        if self.is_numeric():
            return self.from_unit(0.5)
        return self.choices[0]


def condition(text):
    """`a` in ['x', 2] and a == 'x', the forms that the problems use."""
    match = re.fullmatch(r"`?([\w.-]+)`?\s*(==|in\b)\s*(.*)", text.strip())
    try:
        name, relation, value = match.groups()
        value = ast.literal_eval(value)
        return name, [value] if relation == "==" else list(value)
    except (AttributeError, TypeError, SyntaxError, ValueError):
        raise ValueError("condition not supported by this adapter: " + text) from None


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


class UnitCube:
    """Configurations as points of [0,1]^d: log scales straightened, categories one-hot."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.dim = sum(self.width(p) for p in parameters)

    @staticmethod
    def width(p):
        return len(p.choices) if p.kind == "categorical" else 1

    def encode(self, config):
        u = []
        for p in self.parameters:
            value = config.get(p.name, p.default())
            if p.kind == "categorical":
                u += [1.0 if value == c else 0.0 for c in p.choices]
            else:
                u.append(p.to_unit(value))
        return u

    def decode(self, u):
        config, at = {}, 0
        for p in self.parameters:
            mine, at = u[at:at + self.width(p)], at + self.width(p)
            if p.kind == "categorical":
                config[p.name] = p.choices[max(range(len(mine)), key=lambda i: mine[i])]
            else:
                config[p.name] = p.from_unit(mine[0])
        return config


class Adapter:
    """A handle is whatever the peer needs to recognise a proposal again."""

    adopts = True  # can be told of configurations that it did not propose
    many = False  # knows several objectives and constraints: losses are then lists

    def create(self, request):
        """Make the peer; self.parameters, self.sign, self.request are set."""
        raise NotImplementedError

    def propose(self):
        """-> (handle, config); config may hold inactive parameters. Or a dict to answer
        with as it is ({"wait": True}, or a trial that goes on)."""
        raise NotImplementedError

    def adopt(self, config):
        """-> handle of a configuration from outside, which has all parameters that are
        active."""
        raise NotImplementedError

    def drop(self, handle):
        """Another configuration is trained instead of this proposal."""

    def observe(self, handle, config, loss):
        """The trial's last loss, to be minimised; None: it failed or diverged."""
        raise NotImplementedError

    def report(self, handle, step, loss):
        """-> True: go on."""
        return True

    # --- what is the same for all

    def __init__(self):
        self.trials, self.n, self.worst = {}, 0, None

    def op_create(self, request):
        self.request = request
        self.parameters = parameters(request)
        self.sign = -1.0 if request["goal"] == "maximize" else 1.0
        self.metrics = request.get("metrics", [])
        self.n_objectives = sum("imize" in m["goal"] for m in self.metrics) or 1
        if self.metrics and not self.many:
            return {"error": "this adapter knows one metric only"}
        self.seed = request["seed"] % 2**32
        self.initial = list(request.get("initial", []))
        self.create(request)
        return {"ok": True}

    def active(self, config):
        kept = {}
        for p in self.parameters:
            if p.is_active(kept):
                kept[p.name] = p.legal(config[p.name])
        return kept

    def op_ask(self, request):
        if self.initial and self.adopts:
            config = self.initial.pop(0)
            handle = self.adopt(config)
        else:
            answer = self.propose()
            if isinstance(answer, dict):
                return answer
            handle, config = answer
            config = self.active(config)
        self.trials[self.n] = [handle, config]
        self.n += 1
        return {"id": self.n - 1, "config": config}

    def op_move(self, request):
        """A peer that adopts nothing takes the row's value as its own proposal's."""
        trial = self.trials[request["id"]]
        if self.adopts:
            self.drop(trial[0])
            trial[0] = self.adopt(request["config"])
        trial[1] = request["config"]
        return {"ok": True}

    def loss(self, request):
        if request["value"] is None or not self.metrics:
            return None if request["value"] is None else self.sign * request["value"]
        return [(-1.0 if m["goal"] in ("maximize", "at_least") else 1.0) *
                (value - (m["bound"] if m["goal"].startswith("at_") else 0.0))
                for m, value in zip(self.metrics, request["values"])]

    def op_report(self, request):
        handle, _ = self.trials[request["id"]]
        go_on = self.report(handle, request["step"], self.loss(request))
        return {"decision": "continue" if go_on else "stop"}

    def op_tell(self, request):
        handle, config = self.trials.pop(request["id"])
        failed = request["status"] in ("failed", "infeasible")
        loss = None if failed else self.loss(request)
        if loss is not None:
            self.worst = loss if self.worst is None else max(self.worst, loss)
        self.observe(handle, config, loss)
        return {"ok": True}

    def or_worst(self, loss):
        """For peers that know no failures: the worst loss seen."""
        if loss is not None:
            return loss
        return 0.0 if self.worst is None else self.worst


def serve(adapter):
    start = cpu()
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(adapter, "op_" + request["op"])(request)
        if request["op"] == "create":
            start = cpu()
        answer["cpu"] = cpu() - start
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
