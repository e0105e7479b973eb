"""The space for both versions of Syne Tune, flattened."""
from syne_tune.config_space import choice, lograndint, loguniform, ordinal, randint, uniform


def domain(p):
    if p.kind == "float":
        return (loguniform if p.log else uniform)(p.low, p.high)
    if p.kind == "int":
        return (lograndint if p.log else randint)(p.low, p.high)
    return ordinal(p.choices, kind="equal") if p.kind == "ordered" else choice(p.choices)


def space(parameters):
    return {p.name: domain(p) for p in parameters}


def plain(config):
    return {name: getattr(v, "item", lambda v=v: v)() for name, v in config.items()}
