"""The C interface: structures and functions of include/fidelio/*.h.

tests/python compares every structure here with what the C compiler makes of the headers.
"""

import ctypes as c
import ctypes.util
import os

from . import errors

size_t = c.c_size_t


class Error(c.Structure):
    _fields_ = [("code", c.c_int), ("line", c.c_int), ("column", c.c_int),
                ("file", c.c_char * 256), ("message", c.c_char * 512)]


class Text(c.Structure):
    _fields_ = [("data", c.c_void_p), ("len", size_t), ("cap", size_t), ("failed", c.c_bool)]


class Literal(c.Structure):
    _fields_ = [("kind", c.c_int), ("i", c.c_int64), ("f", c.c_double), ("text", c.c_char_p)]


class Value(c.Structure):
    _fields_ = [("active", c.c_bool), ("f", c.c_double), ("i", c.c_int64), ("choice", size_t)]


class Metric(c.Structure):
    _fields_ = [("name", c.c_char * 129), ("goal", c.c_int), ("bound", c.c_double),
                ("has_target", c.c_bool), ("target", c.c_double),
                ("has_reference", c.c_bool), ("reference", c.c_double)]


class Fidelity(c.Structure):
    _fields_ = [("mode", c.c_int), ("name", c.c_char * 129), ("min", c.c_double),
                ("max", c.c_double), ("eta", c.c_double), ("integer", c.c_bool)]


class Outline(c.Structure):
    _fields_ = [("metrics", Metric * 16), ("n_metrics", size_t), ("n_objectives", size_t),
                ("fidelity", Fidelity)]


class Trial(c.Structure):
    _fields_ = [("id", c.c_uint64), ("state", c.c_int), ("reason", c.c_int),
                ("attempt", c.c_uint32), ("n_failed", c.c_uint32), ("origin", c.c_int),
                ("level", c.c_int32), ("tag", c.c_int64), ("visible", c.c_uint64),
                ("proposed_seq", c.c_uint64), ("ended_seq", c.c_uint64), ("budget", c.c_double),
                ("step", c.c_double), ("stopping", c.c_bool), ("decision", c.c_int),
                ("offset", c.c_uint64), ("n_reports", size_t), ("n_late", size_t),
                ("n_conflicts", size_t), ("steps", c.POINTER(c.c_double)),
                ("values", c.POINTER(c.c_double)), ("proposed_us", c.c_int64),
                ("started_us", c.c_int64), ("ended_us", c.c_int64), ("seconds", c.c_double),
                ("spent", c.c_double), ("parent", c.c_int64), ("inherits", c.c_bool)]


class SamplerOptions(c.Structure):
    _fields_ = [("seed", c.c_uint64), ("n_initial", size_t), ("n_parallel", size_t),
                ("max_budget", c.c_double), ("deadline", c.c_double),
                ("acquisition", c.c_char_p), ("model", c.c_char_p), ("grid_points", size_t),
                ("noisy", c.c_bool), ("deterministic", c.c_bool),
                ("only_seconds", c.c_double)]


class SchedulerRules(c.Structure):
    _fields_ = [("fidelity", Fidelity), ("seed", c.c_uint64), ("n_parallel", size_t),
                ("max_trials", size_t), ("brackets", size_t), ("stopping", c.c_bool),
                ("ceil_brackets", c.c_bool), ("min_trials", size_t), ("min_step", c.c_double),
                ("interval", c.c_double), ("percentile", c.c_double), ("patience", size_t),
                ("min_delta", c.c_double), ("lower", c.c_double), ("upper", c.c_double),
                ("has_lower", c.c_bool), ("has_upper", c.c_bool), ("p_threshold", c.c_double),
                ("risk", c.c_double)]


class Decision(c.Structure):
    _fields_ = [("kind", c.c_int), ("budget", c.c_double), ("rule", c.c_char_p),
                ("value", c.c_double), ("threshold", c.c_double), ("rank", size_t),
                ("of", size_t), ("mean", c.c_double), ("low", c.c_double),
                ("high", c.c_double)]


class Clock(c.Structure):
    _fields_ = [("now_us", c.c_void_p), ("ctx", c.c_void_p)]


class StoreOptions(c.Structure):
    _fields_ = [("path", c.c_char_p), ("read_only", c.c_bool), ("holder", c.c_char_p)]


class Settings(c.Structure):
    _fields_ = [("name", c.c_char_p), ("outline", Outline), ("sampler", c.c_void_p),
                ("sampler_options", SamplerOptions), ("scheduler", c.c_void_p),
                ("rules", SchedulerRules), ("seed", c.c_uint64), ("parallel", size_t),
                ("max_trials", size_t), ("max_seconds", c.c_double), ("max_cost", c.c_double),
                ("retry", size_t), ("max_failures", size_t), ("skip_default", c.c_bool),
                ("keep", c.c_int), ("keep_n", size_t), ("inherit", c.c_bool),
                ("grace", c.c_double),
                ("definition", c.c_char_p), ("extend", c.c_bool), ("read_only", c.c_bool),
                ("clock", Clock)]


class Ask(c.Structure):
    _fields_ = [("trial", c.c_uint64), ("attempt", c.c_uint32), ("seed", c.c_uint64),
                ("budget", c.c_double), ("budget_done", c.c_double),
                ("has_checkpoint", c.c_bool), ("config", c.POINTER(Value))]


# Structures by their names in C.
STRUCTURES = {"fid_error": Error, "fid_text": Text, "fid_literal": Literal, "fid_value": Value,
              "fid_metric": Metric, "fid_fidelity": Fidelity, "fid_outline": Outline,
              "fid_trial": Trial, "fid_sampler_options": SamplerOptions,
              "fid_scheduler_rules": SchedulerRules, "fid_decision": Decision,
              "fid_clock": Clock, "fid_store_options": StoreOptions,
              "fid_study_settings": Settings, "fid_ask": Ask}

_P, _ERR, _S = c.c_void_p, c.POINTER(Error), c.c_char_p
_D, _V, _T = c.POINTER(c.c_double), c.POINTER(Value), c.POINTER(Text)

_FUNCTIONS = {
    "fid_status_text": (_S, [c.c_int]),
    "fid_text_deinit": (None, [_T]),
    "fid_text_append": (None, [_T, _S]),
    "fid_expression_append_name": (None, [_T, _S]),
    "fid_expression_append_literal": (None, [_T, c.POINTER(Literal)]),
    "fid_space_create": (c.c_int, [c.POINTER(_P)]),
    "fid_space_destroy": (None, [_P]),
    "fid_space_add_float": (c.c_int, [_P, _S, c.c_double, c.c_double, c.c_int, c.c_double, _ERR]),
    "fid_space_add_int": (c.c_int, [_P, _S, c.c_int64, c.c_int64, c.c_int, c.c_int64, _ERR]),
    "fid_space_add_choice": (c.c_int, [_P, _S, c.POINTER(Literal), size_t, c.c_bool, _ERR]),
    "fid_space_add_fixed": (c.c_int, [_P, _S, Literal, _ERR]),
    "fid_space_set_default": (c.c_int, [_P, _S, Literal, _ERR]),
    "fid_space_set_when": (c.c_int, [_P, _S, _S, _ERR]),
    "fid_space_add_constraint": (c.c_int, [_P, _S, _ERR]),
    "fid_space_freeze": (c.c_int, [_P, _ERR]),
    "fid_space_n_params": (size_t, [_P]),
    "fid_space_decode": (None, [_P, _D, _V]),
    "fid_space_config_to_json": (None, [_P, _V, _T]),
    "fid_space_config_from_json": (c.c_int, [_P, _S, size_t, c.c_bool, _V, _ERR]),
    "fid_absent": (c.c_double, []),
    "fid_is_absent": (c.c_bool, [c.c_double]),
    "fid_trial_state_name": (_S, [c.c_int]),
    "fid_reason_name": (_S, [c.c_int]),
    "fid_history_n_trials": (size_t, [_P]),
    "fid_history_trial": (c.POINTER(Trial), [_P, c.c_uint64]),
    "fid_history_point": (_D, [_P, c.c_uint64]),
    "fid_history_incumbent": (c.c_bool, [_P, c.POINTER(c.c_uint64)]),
    "fid_history_front": (c.c_int, [_P, c.POINTER(c.c_uint64), c.POINTER(c.c_size_t),
                                    c.POINTER(c.c_double)]),
    "fid_catalog_sampler": (_P, [_S]),
    "fid_catalog_scheduler": (_P, [_S]),
    "fid_catalog_usual_scheduler": (_P, [c.POINTER(Outline), c.c_double, c.c_size_t,
                                         c.c_double, c.c_double]),
    "fid_catalog_near_sampler": (_S, [_S]),
    "fid_catalog_near_scheduler": (_S, [_S]),
    "fid_catalog_samplers": (c.POINTER(_P), []),
    "fid_catalog_schedulers": (c.POINTER(_P), []),
    "fid_study_open": (c.c_int, [c.POINTER(_P), _P, c.POINTER(Settings), _P,
                                 c.POINTER(StoreOptions), _T, _ERR]),
    "fid_study_close": (None, [_P]),
    "fid_study_ask": (c.c_int, [_P, c.POINTER(Ask), _ERR]),
    "fid_study_report": (c.c_int, [_P, c.c_uint64, c.c_uint32, c.c_double, _D, size_t,
                                   c.POINTER(Decision), _ERR]),
    "fid_study_end": (c.c_int, [_P, c.c_uint64, c.c_uint32, c.c_int, _S, _ERR]),
    "fid_study_tell": (c.c_int, [_P, c.c_uint64, c.c_uint32, _D, size_t, _ERR]),
    "fid_study_enqueue": (c.c_int, [_P, _V, c.c_int, c.POINTER(c.c_uint64), _ERR]),
    "fid_study_flush": (c.c_int, [_P, _ERR]),
    "fid_study_history": (_P, [_P]),
}


def _find():
    """Named by the environment, else beside this package, built in the source tree, or
    installed above lib/python3/dist-packages; else what the system knows."""
    if os.environ.get("FIDELIO_LIBRARY"):
        return os.environ["FIDELIO_LIBRARY"]
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in ("", "../../build/release", "../../.."):
        path = os.path.normpath(os.path.join(here, folder, "libfidelio.so"))
        if os.path.exists(path):
            return path
    return ctypes.util.find_library("fidelio") or "libfidelio.so"


def _load():
    try:
        library = c.CDLL(_find())
    except OSError as why:
        raise ImportError(f"{why}; build it (sh bootstrap.sh) or name it in FIDELIO_LIBRARY") from None
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


lib = _load()


def check(function, *arguments):
    """Call a function whose last argument is a fid_error; raise what it refuses."""
    err = Error()
    status = function(*arguments, c.byref(err))
    if status:
        words = err.message.decode("utf-8", "replace")
        raise errors.make(status, words or lib.fid_status_text(status).decode())


def take_text(write):
    """The text that `write(pointer to a fid_text)` appends."""
    text = Text()
    try:
        write(c.byref(text))
        if text.failed:
            raise MemoryError
        return c.string_at(text.data, text.len).decode("utf-8", "replace") if text.len else ""
    finally:
        lib.fid_text_deinit(c.byref(text))


def store_type(name):
    """Address of a constant of the library."""
    return c.addressof(c.c_char.in_dll(lib, name))
