"""What may be searched."""

import ctypes as c
import json

from . import _c

_LINEAR, _LOG, _LOGIT = 0, 1, 2


def _literal(value):
    """A fid_literal; strings, numbers, booleans and None as such, all else as JSON."""
    if value is None:
        return _c.Literal(0)
    if isinstance(value, bool):
        return _c.Literal(1, int(value))
    if isinstance(value, int):
        if not -2**63 <= value < 2**63:
            raise ValueError(f"{value} does not fit 64 bits")
        return _c.Literal(2, value, float(value))
    if isinstance(value, float):
        return _c.Literal(3, 0, value)
    if isinstance(value, str):
        return _c.Literal(4, 0, 0.0, value.encode())
    return _c.Literal(5, 0, 0.0, json.dumps(value).encode())


def _condition(when):
    """The expression of {"kernel": "poly"} or {"kernel": ["rbf", "poly"]}; all must hold."""
    if isinstance(when, str):
        return when.encode()

    def write(text):
        for i, (name, wanted) in enumerate(when.items()):
            _c.lib.fid_text_append(text, b" and " if i else b"")
            _c.lib.fid_expression_append_name(text, name.encode())
            several = isinstance(wanted, (list, tuple, set, frozenset))
            _c.lib.fid_text_append(text, b" in [" if several else b" == ")
            for k, value in enumerate(wanted if several else [wanted]):
                _c.lib.fid_text_append(text, b", " if k else b"")
                _c.lib.fid_expression_append_literal(text, c.byref(_literal(value)))
            _c.lib.fid_text_append(text, b"]" if several else b"")
    return _c.take_text(write).encode()


class _Parameter:
    """`when` is an expression over other parameters ("optimizer == 'sgd'"), or a dict of
    their values ({"optimizer": "sgd"}): where it is false the parameter is not part of the
    configuration. `default` is tried first."""

    def __init__(self, default=None, when=None):
        self.default = default
        self.when = when

    def _add(self, space, name):
        raise NotImplementedError


class Float(_Parameter):
    """A real number in [low, high]. log: searched on a log scale; logit: likewise, for
    numbers between 0 and 1; step: only low, low + step, ..."""

    def __init__(self, low, high, *, log=False, logit=False, step=0.0, default=None, when=None):
        super().__init__(None if default is None else float(default), when)
        if log and logit:
            raise ValueError("a scale is log or logit, not both")
        self.low, self.high, self.step = float(low), float(high), float(step)
        self.scale = _LOG if log else _LOGIT if logit else _LINEAR

    def _add(self, space, name):
        _c.check(_c.lib.fid_space_add_float, space, name, self.low, self.high, self.scale,
                 self.step)


class Int(_Parameter):
    """A whole number from low to high, both included."""

    def __init__(self, low, high, *, log=False, step=1, default=None, when=None):
        super().__init__(default, when)
        for bound in (low, high, step):
            if int(bound) != bound or not -2**63 <= bound < 2**63:
                raise ValueError(f"an Int has whole bounds of 64 bits, not {bound!r}")
        self.low, self.high, self.step = int(low), int(high), int(step)
        self.scale = _LOG if log else _LINEAR

    def _add(self, space, name):
        _c.check(_c.lib.fid_space_add_int, space, name, self.low, self.high, self.scale,
                 self.step)


class Categorical(_Parameter):
    """One of some choices: strings, numbers, booleans, None, or lists of them (a tuple
    comes back as a list). ordered: neighbours are alike."""

    def __init__(self, choices, *, ordered=False, default=None, when=None):
        super().__init__(default, when)
        self.choices, self.ordered = list(choices), ordered

    def _add(self, space, name):
        literals = (_c.Literal * len(self.choices))(*map(_literal, self.choices))
        _c.check(_c.lib.fid_space_add_choice, space, name, literals, len(literals), self.ordered)


class Fixed(_Parameter):
    """One value; a bare value in a space means the same."""

    def __init__(self, value, *, when=None):
        super().__init__(None, when)
        self.value = value

    def _add(self, space, name):
        _c.check(_c.lib.fid_space_add_fixed, space, name, _literal(self.value))


class Space:
    """A frozen fid_space made of a dict of parameters."""

    def __init__(self, parameters, constraints=()):
        self.pointer = c.c_void_p()
        if _c.lib.fid_space_create(c.byref(self.pointer)):
            raise MemoryError
        made = {name: p if isinstance(p, _Parameter) else Fixed(p) for name, p in parameters.items()}
        for name, parameter in made.items():
            parameter._add(self.pointer, name.encode())
        for name, parameter in made.items():
            if parameter.default is not None:
                _c.check(_c.lib.fid_space_set_default, self.pointer, name.encode(),
                         _literal(parameter.default))
            if parameter.when:
                _c.check(_c.lib.fid_space_set_when, self.pointer, name.encode(),
                         _condition(parameter.when))
        for expression in constraints:
            _c.check(_c.lib.fid_space_add_constraint, self.pointer, expression.encode())
        _c.check(_c.lib.fid_space_freeze, self.pointer)
        self.n_params = _c.lib.fid_space_n_params(self.pointer)

    def __del__(self):
        if getattr(self, "pointer", None):
            _c.lib.fid_space_destroy(self.pointer)

    def params(self, config):
        """A dict of the active parameters of a fid_value array."""
        return json.loads(_c.take_text(
            lambda text: _c.lib.fid_space_config_to_json(self.pointer, config, text)))

    def decode(self, point):
        config = (_c.Value * max(self.n_params, 1))()
        _c.lib.fid_space_decode(self.pointer, point, config)
        return self.params(config)

    def config(self, params):
        """The fid_value array of a dict; what is not given gets its default."""
        text = json.dumps(params).encode()
        config = (_c.Value * max(self.n_params, 1))()
        _c.check(_c.lib.fid_space_config_from_json, self.pointer, text, len(text), True, config)
        return config
