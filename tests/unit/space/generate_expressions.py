#!/usr/bin/env python3
"""Writes expressions.inc: random expressions and what Python says they are.

    python3 tests/unit/space/generate_expressions.py > tests/unit/space/expressions.inc

Expressions on which Python raises (division by zero, overflow, log of 0) or makes a
complex number are left out: there fidelio has rules of its own, tested by hand. So is
the comparison of a bool with a number, which in fidelio are of different types."""
import math
import random

rng = random.Random(20240917)
SPACE = {
    "a": lambda: rng.choice([rng.randint(-9, 9), rng.randint(-10**6, 10**6),
                             -2**63, 2**63 - 1, 2**53 + 1]),
    "b": lambda: rng.randint(-5, 5),
    "x": lambda: rng.choice([rng.uniform(-3, 3), float(rng.randint(-4, 4)), 2.0**53]),
    "y": lambda: rng.choice([0.1, 0.2, 0.3, 1e-7, -2.5, rng.uniform(-1e3, 1e3)]),
    "kind": lambda: rng.choice(["gbtree", "dart", "it's"]),
    "flag": lambda: rng.choice([True, False]),
    "size": lambda: rng.choice([32, 64, 128]),
}
FUNCTIONS = {n: getattr(math, n) for n in ("log", "exp", "sqrt", "floor", "ceil")}
FUNCTIONS |= {"min": min, "max": max, "abs": abs}


def number(depth):
    if depth <= 0 or rng.random() < 0.3:
        return rng.choice(["a", "b", "x", "y", "size", "a", "b", "x", "y",
                           str(rng.randint(0, 12)), rng.choice(["0.5", "1e-3", "2.", ".25", "3e2"])])
    kind = rng.random()
    if kind < 0.6:
        op = rng.choice(["+", "-", "*", "/", "//", "%", "+", "-", "*"])
        return f"{number(depth - 1)} {op} {number(depth - 1)}"
    if kind < 0.68:
        return f"{number(0)} ** {rng.choice(['2', '-1', '0.5', 'b', '-b', '2 ** 2'])}"
    if kind < 0.76:
        return f"-{number(depth - 1)}"
    if kind < 0.88:
        return f"({number(depth - 1)})"
    name = rng.choice(list(FUNCTIONS))
    n = rng.randint(2, 3) if name in ("min", "max") else 1
    return f"{name}({', '.join(number(depth - 1) for _ in range(n))})"


def text():
    return rng.choice(["kind", "'gbtree'", '"dart"', "'it\\'s'", "kind"])


def truth(depth):
    kind = rng.random()
    if depth > 0 and kind < 0.25:
        return f"{truth(depth - 1)} {rng.choice(['and', 'or'])} {truth(depth - 1)}"
    if depth > 0 and kind < 0.35:
        return f"not {truth(depth - 1)}"
    if depth > 0 and kind < 0.45:
        return f"({truth(depth - 1)})"
    if kind < 0.5:
        return rng.choice(["flag", "True", "False", "flag == True", "flag != (b > 0)"])
    if kind < 0.57:
        return f"{text()} {rng.choice(['==', '!='])} {text()}"
    if kind < 0.64:
        return f"{text()} {rng.choice(['in', 'not in'])} [{', '.join(text() for _ in range(rng.randint(0, 3)))}]"
    if kind < 0.70:
        return f"{number(1)} {rng.choice(['in', 'not in'])} [{', '.join(number(0) for _ in range(rng.randint(0, 4)))}]"
    if kind < 0.73:
        left = rng.choice(["kind == ", "size != ", "a == ", "b != "])
        return left + rng.choice(["None", "'32'" if left[0] in "ab" else "None"])
    links = rng.choice([1, 1, 1, 1, 2, 3])
    out = number(2)
    for _ in range(links):
        out += f" {rng.choice(['<', '<=', '>', '>=', '==', '!='])} {number(2)}"
    if rng.random() < 0.05:
        out += f" in [{number(0)}, {number(0)}]"
    return out


def ours(expression):
    """Half of them in fidelio's other spelling."""
    if rng.random() < 0.5:
        return expression
    for python, other in (("not in", "\0"), (" and ", " && "), (" or ", "||"), ("not ", "!"),
                          ("\0", "not in"), ("True", "true"), ("False", "false"), ("None", "null")):
        expression = expression.replace(python, other)
    return expression


def c(value):
    if isinstance(value, bool):
        return "0" if value else "1"        # position among the choices true, false
    if isinstance(value, int):
        return "INT64_MIN" if value == -2**63 else f"INT64_C({value})"
    return value.hex()


import warnings
warnings.simplefilter("ignore")             # Python's advice on odd comparisons
print("/* Made by generate_expressions.py; Python's answers. */")
rows = {True: 0, False: 0}
while sum(rows.values()) < 600:
    config = {name: draw() for name, draw in SPACE.items()}
    expression = truth(2)
    try:
        want = eval(expression, {"__builtins__": {}}, FUNCTIONS | config)
    except (ArithmeticError, ValueError, TypeError):
        continue
    if not isinstance(want, bool) or rows[want] >= 300:
        continue
    rows[want] += 1
    kind = ["gbtree", "dart", "it's"].index(config["kind"])
    size = [32, 64, 128].index(config["size"])
    text_c = ours(expression).replace("\\", "\\\\").replace('"', '\\"')
    print(f'{{"{text_c}", {c(config["a"])}, {c(config["b"])}, {c(config["x"])}, {c(config["y"])},'
          f' {kind}, {c(config["flag"])}, {size}, {int(want)}}},')
