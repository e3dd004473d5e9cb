"""Everything the alert service refuses to do.

    AlertsError
    ├── NotFound              no such alert, patrol, camera or rule
    ├── TransitionRefused     the alert's state does not allow this step
    ├── VersionConflict       somebody changed it since the caller read it
    ├── PatrolUnavailable     that patrol cannot be sent (off duty, busy)
    ├── ReasonNeeded          another patrol is the first choice; a person must say why this one
    ├── NotYours              a patrol answered an alert that is not offered to it
    ├── NotPermitted          the actor's role may not do this
    ├── MapUnusable           the city's map cannot be read, or holds no streets
    └── StoreUnavailable      the database cannot commit now; nothing was accepted

`str()` is one clear line for a person.
"""

from __future__ import annotations


class AlertsError(Exception):
    """Base of this package's errors."""


class NotFound(AlertsError):
    """There is no such thing under that id."""


class TransitionRefused(AlertsError):
    """The transition table has no such step from the present state."""


class VersionConflict(AlertsError):
    """The caller's version is not the stored one."""


class PatrolUnavailable(AlertsError):
    """The named patrol cannot be dispatched."""


class ReasonNeeded(AlertsError):
    """A person sends another patrol than the rules would, and has not said why."""


class NotYours(AlertsError):
    """The alert is not offered to this patrol."""


class NotPermitted(AlertsError):
    """The actor's role may not do this."""


class MapUnusable(AlertsError):
    """The map gives no streets to drive on."""


class StoreUnavailable(AlertsError):
    """Nothing can be committed at present; the caller must keep what it has and try again."""
