"""What the engine refuses, in its own words."""


class Error(Exception):
    """Any refusal of the engine; `status` is its number in fidelio/base.h."""

    status = 0


class InvalidError(Error, ValueError):
    """An argument that makes no sense; the message names it and the rule."""


class StorageError(Error, OSError):
    """The store could not be read or written (disk full, ...). What was to be stored is
    kept, and `Study.flush` tries again."""

    def __str__(self):
        return Exception.__str__(self)


class StateError(Error):
    """Not allowed now: a report for a trial that is over, a closed study."""


class SupersededError(Error):
    """A newer attempt of the trial, or another engine, has taken over."""


class LockedError(Error):
    """Another engine uses the store; the message names its pid, host and since when."""


class CorruptError(Error):
    """The store is damaged."""


class NotFoundError(Error, LookupError):
    """No such store or trial."""


class UnsupportedError(Error):
    """Not supported: a store of a newer version, a grid over a continuous range, ..."""


class Exhausted(Error):
    """The study is over: a limit, the target, the schedule or the space is used up."""


class Wait(Error):
    """Nothing to do until a running trial reports or ends."""


_BY_STATUS = {1: InvalidError, 3: StorageError, 4: InvalidError, 6: Exhausted, 7: StateError,
              8: SupersededError, 9: LockedError, 10: CorruptError, 11: NotFoundError,
              12: UnsupportedError, 14: Wait}


def make(status, message):
    """The exception for a status."""
    if status == 2:
        return MemoryError(message)
    error = _BY_STATUS.get(status, Error)(message)
    error.status = status
    return error
