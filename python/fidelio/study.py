"""The loop: ask, report, tell."""

import ctypes as c
import enum
import math
import os
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from . import _c, errors
from .space import Space

_GOALS = {"minimize": 0, "maximize": 1, "at_most": 2, "at_least": 3, "none": 4}
_MODES = {"resume": 1, "restart": 2, "stop": 3}
_DONE, _STOPPED, _INFEASIBLE, _CRASHED, _LOST = 0, 2, 3, 6, 8
_RUNNING = 1
_USER = 1


class Decision(enum.IntEnum):
    """What the scheduler says to a report."""

    CONTINUE = 0
    PAUSE = 1  # save a checkpoint and end: the trial may be continued later
    STOP = 2


@dataclass(frozen=True)
class Metric:
    """A number that trials report. goal: minimize, maximize (the objectives, which come
    first); at_most, at_least (a constraint with its bound); none (only recorded). target:
    the study is over when the objective gets there. reference: with several objectives only
    what is better than this counts."""

    name: str
    goal: str = "minimize"
    bound: float = 0.0
    target: Optional[float] = None
    reference: Optional[float] = None


@dataclass(frozen=True)
class Fidelity:
    """How much training a trial may get, from min to max (epochs, trees, ...), in rungs of
    eta. mode: resume (a trial pauses at its budget and may go on from its checkpoint),
    restart (it is trained anew), stop (it runs until stopped)."""

    min: float
    max: float
    eta: float = 3.0
    mode: str = "resume"
    name: str = "budget"


@dataclass(frozen=True)
class TrialInfo:
    """A trial as it stands; a copy."""

    id: int
    state: str
    reason: str
    params: Dict[str, Any]
    value: float  # the last one of the first metric, NaN when there is none
    budget: float
    step: float
    attempts: int
    reports: List[Tuple[float, Dict[str, float]]] = field(repr=False)
    seconds: float = 0.0


def _names(types):
    """The names in one of the catalog's arrays: each type begins with its name."""
    out, i = [], 0
    while types[i]:
        out.append(c.cast(types[i], c.POINTER(c.c_char_p))[0].decode())
        i += 1
    return out


def methods():
    """Names that `Study(method=...)` takes."""
    return _names(_c.lib.fid_catalog_samplers())


def schedulers():
    """Names that `Study(scheduler=...)` takes."""
    return _names(_c.lib.fid_catalog_schedulers())


def _find(kind, name, find, near, names):
    found = find(name.encode())
    if found:
        return found
    like = near(name.encode())
    hint = f"did you mean '{like.decode()}'?" if like else "there are: " + ", ".join(names())
    raise errors.InvalidError(f"unknown {kind} '{name}'; {hint}")


class Trial:
    """What to train now. As a context it ends by itself: completed, paused or pruned as
    the scheduler said; an exception makes it a failed one, and goes on."""

    def __init__(self, study, ask, params):
        self._study = study
        self.id, self.attempt, self.seed = ask.trial, ask.attempt, ask.seed
        self.budget, self.budget_done = ask.budget, ask.budget_done
        self.has_checkpoint = ask.has_checkpoint
        self.params = params
        self.decision = Decision.CONTINUE
        self.ended = False

    def __repr__(self):
        return f"Trial(id={self.id}, attempt={self.attempt}, budget={self.budget:g}, params={self.params})"

    def report(self, values, step=None):
        """Report a number, or a dict of numbers by metric, at a step (in units of the
        fidelity; None: one more than the last). NaN is legal: diverged. The report is
        durable when this returns the Decision."""
        return self._study._report(self, values, step)

    def should_prune(self):
        """Whether the scheduler wants this attempt to end now (stopped or paused)."""
        return self.decision != Decision.CONTINUE

    def steps(self):
        """The whole steps left to train, until the budget or the scheduler says stop."""
        step = math.floor(self.budget_done) + 1
        while step <= self.budget and not self.should_prune():
            yield step
            step += 1

    def tell(self, values):
        """Report at the budget and end, in one."""
        self._study.tell(self, values)

    def done(self):
        """End this attempt: its budget was trained, or the scheduler wanted it to end."""
        self._study._end(self, _STOPPED if self.should_prune() else _DONE, None)

    def fail(self, words=""):
        """End as failed; tried again while the study has retries."""
        self._study._end(self, _CRASHED, words)

    def infeasible(self, words=""):
        """End as a configuration that cannot be trained; never tried again."""
        self._study._end(self, _INFEASIBLE, words)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if self.ended:
            return
        if kind is None:
            self.done()
        elif issubclass(kind, Exception):
            self.fail(f"{kind.__name__}: {value}")
        else:  # interrupted: it may go on when the study does
            self._study._end(self, _STOPPED, kind.__name__)


class Study:
    """An optimisation. `space` is a dict of Float, Int, Categorical or constants.

    metric      name, Metric, or a list of them; goal: of a metric that is only a name
    fidelity    None: a trial is trained once, to its end
    path        the store's file; the same call continues what is there. None: in memory
    method      see methods(); scheduler: see schedulers(), by default as in a sweep file: with a
                fidelity and one objective sha, or asha where its mode is stop or only the time
                (or the cost, to less than five full trainings) is limited; else none
    trials, seconds, cost   limits (cost: in fidelity units); 0 = none
    parallel    how many trials are to run at once; retry: how often a failed one is run again
    constraints expressions on parameters, as "depth * 2 <= 20"
    extend      let a changed space or outline replace the stored one
    keep_running   trials that were running when the store was last used belong to other
                processes; by default they are taken for lost and run again

    A study may be used from several threads. Close it, or use it as a context."""

    def __init__(self, space, metric="loss", *, goal="minimize", fidelity=None, path=None,
                 method="auto", scheduler=None, trials=0, seconds=0.0, cost=0.0, parallel=1,
                 retry=0, seed=0, constraints=(), extend=False, keep_running=False,
                 name="study"):
        self._pointer = None
        self._lock = threading.RLock()
        self._space = Space(space, constraints)
        self._metrics = self._list_metrics(metric, goal)
        settings = _c.Settings(name=name.encode(), seed=seed, parallel=parallel,
                               max_trials=trials, max_seconds=seconds, max_cost=cost,
                               retry=retry, extend=extend)
        self._fill_outline(settings.outline, fidelity)
        lib = _c.lib
        settings.sampler = _find("method", method, lib.fid_catalog_sampler,
                                 lib.fid_catalog_near_sampler, methods)
        usual = lib.fid_catalog_usual_scheduler(c.byref(settings.outline), 0.0, trials, seconds, cost)
        settings.scheduler = usual if scheduler is None else _find(
            "scheduler", scheduler, lib.fid_catalog_scheduler, lib.fid_catalog_near_scheduler,
            schedulers)
        self._settings = settings  # its strings must outlive the study
        self._open(path)
        if not keep_running:
            self._end_lost()

    # --- opening and closing

    @staticmethod
    def _list_metrics(metric, goal):
        given = metric if isinstance(metric, (list, tuple)) else [metric]
        made = [m if isinstance(m, Metric) else Metric(m, goal) for m in given]
        if not 1 <= len(made) <= 16:
            raise errors.InvalidError("a study has 1 to 16 metrics")
        for m in made:
            if m.goal not in _GOALS:
                raise errors.InvalidError(f"metric {m.name}: the goal is one of {', '.join(_GOALS)}, "
                                          f"not '{m.goal}'")
        return made

    def _fill_outline(self, outline, fidelity):
        for i, m in enumerate(self._metrics):
            outline.metrics[i] = _c.Metric(m.name.encode(), _GOALS[m.goal], m.bound,
                                           m.target is not None, m.target or 0.0,
                                           m.reference is not None, m.reference or 0.0)
        outline.n_metrics = len(self._metrics)
        outline.n_objectives = sum(m.goal in ("minimize", "maximize") for m in self._metrics)
        if fidelity is None:
            outline.fidelity.min = outline.fidelity.max = 1
            return
        if fidelity.mode not in _MODES:
            raise errors.InvalidError(f"fidelity: the mode is one of {', '.join(_MODES)}, "
                                      f"not '{fidelity.mode}'")
        whole = float(fidelity.min).is_integer() and float(fidelity.max).is_integer()
        outline.fidelity = _c.Fidelity(_MODES[fidelity.mode], fidelity.name.encode(),
                                       fidelity.min, fidelity.max, fidelity.eta, whole)

    def _open(self, path):
        holder = os.path.basename(sys.argv[0] if sys.argv else "") or "python"
        options = _c.StoreOptions(path=None if path is None else os.fsencode(path),
                                  holder=holder.encode())
        store = _c.store_type("fid_store_memory" if path is None else "fid_store_sqlite")
        pointer = c.c_void_p()
        _c.check(_c.lib.fid_study_open, c.byref(pointer), self._space.pointer,
                 c.byref(self._settings), store, c.byref(options), None)
        self._pointer = pointer

    def _end_lost(self):
        history = self._history()
        for i in range(_c.lib.fid_history_n_trials(history)):
            trial = _c.lib.fid_history_trial(history, i).contents
            if trial.state == _RUNNING:
                _c.check(_c.lib.fid_study_end, self._pointer, i, trial.attempt, _LOST,
                         b"the process that ran it is gone")

    def _history(self):
        if not self._pointer:
            raise errors.make(7, "the study is closed")
        return _c.lib.fid_study_history(self._pointer)

    def close(self):
        """Release the store. Trials that still run may be reported no more."""
        with self._lock:
            if self._pointer:
                _c.lib.fid_study_close(self._pointer)
                self._pointer = None

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.close()

    def __del__(self):
        if getattr(self, "_lock", None):
            self.close()

    def _call(self, function, *arguments):
        with self._lock:
            self._history()
            _c.check(function, self._pointer, *arguments)

    # --- the loop

    def ask(self):
        """The next Trial. Raises Wait when a running trial must report or end first, and
        Exhausted when the study is over."""
        ask = _c.Ask()
        with self._lock:
            self._call(_c.lib.fid_study_ask, c.byref(ask))
            return Trial(self, ask, self._space.params(ask.config))

    def __iter__(self):
        """Trials until the study is over."""
        while True:
            try:
                trial = self.ask()
            except errors.Exhausted:
                return
            yield trial

    def _values(self, values):
        given = values if isinstance(values, dict) else {self._metrics[0].name: values}
        names = [m.name for m in self._metrics]
        for name in given:
            if name not in names:
                raise errors.InvalidError(f"unknown metric '{name}'; there are: {', '.join(names)}")
        absent = _c.lib.fid_absent()
        out = (c.c_double * len(names))()
        for i, name in enumerate(names):
            out[i] = float(given[name]) if name in given else absent
        return out

    def _report(self, trial, values, step):
        numbers = self._values(values)
        decision = _c.Decision()
        self._call(_c.lib.fid_study_report, trial.id, trial.attempt,
                   math.nan if step is None else float(step), numbers, len(numbers),
                   c.byref(decision))
        trial.decision = Decision(decision.kind)
        if trial.decision == Decision.CONTINUE and decision.budget > trial.budget:
            trial.budget = decision.budget
        return trial.decision

    def report(self, trial, values, step=None):
        """As Trial.report."""
        return trial.report(values, step)

    def should_prune(self, trial):
        """As Trial.should_prune."""
        return trial.should_prune()

    def tell(self, trial, values):
        """Report at the trial's budget and end it, in one."""
        numbers = self._values(values)
        self._call(_c.lib.fid_study_tell, trial.id, trial.attempt, numbers, len(numbers))
        trial.ended = True

    def _end(self, trial, how, words):
        text = words.encode("utf-8", "replace").replace(b"\0", b" ") if words else None
        self._call(_c.lib.fid_study_end, trial.id, trial.attempt, how, text)
        trial.ended = True

    def enqueue(self, params):
        """Queue a configuration, before anything the sampler proposes; what `params` does
        not give gets its default. Returns the trial's id."""
        config = self._space.config(params)
        trial = c.c_uint64()
        self._call(_c.lib.fid_study_enqueue, config, _USER, c.byref(trial))
        return trial.value

    def flush(self):
        """Try again to store what could not be stored."""
        self._call(_c.lib.fid_study_flush)

    # --- looking

    def _number_table(self, trial):
        m = len(self._metrics)
        for k in range(trial.n_reports):
            row = [trial.values[k * m + i] for i in range(m)]
            yield trial.steps[k], {metric.name: x for metric, x in zip(self._metrics, row)
                                   if not _c.lib.fid_is_absent(x)}

    def _info(self, history, i):
        trial = _c.lib.fid_history_trial(history, i).contents
        reports = list(self._number_table(trial))
        first = self._metrics[0].name
        values = [row[first] for _, row in reports if first in row]
        return TrialInfo(
            id=i, state=_c.lib.fid_trial_state_name(trial.state).decode(),
            reason=_c.lib.fid_reason_name(trial.reason).decode() if trial.reason else "",
            params=self._space.decode(_c.lib.fid_history_point(history, i)),
            value=values[-1] if values else math.nan, budget=trial.budget, step=trial.step,
            attempts=trial.attempt, reports=reports, seconds=trial.seconds)

    def trials(self):
        """All trials, oldest first, as a list of TrialInfo."""
        with self._lock:
            history = self._history()
            return [self._info(history, i) for i in range(_c.lib.fid_history_n_trials(history))]

    @property
    def front(self):
        """With several objectives: the trials that no other dominates, in order of the
        first objective."""
        with self._lock:
            history, n = self._history(), c.c_size_t()
            trials = (c.c_uint64 * max(1, _c.lib.fid_history_n_trials(history)))()
            reference = (c.c_double * 4)()
            if _c.lib.fid_history_front(history, trials, c.byref(n), reference):
                raise MemoryError
            return [self._info(history, trials[i]) for i in range(n.value)]

    @property
    def best(self):
        """The best trial so far, by the first objective; None before any has a value."""
        with self._lock:
            history, trial = self._history(), c.c_uint64()
            if not _c.lib.fid_history_incumbent(history, c.byref(trial)):
                return None
            return self._info(history, trial.value)
