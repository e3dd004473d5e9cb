"""Everything that can go wrong in the service and the command themselves.

    ApiError
    ├── BadInput            a command or a file cannot be used as given
    │   └── SettingsError   a setting is wrong; names the key
    ├── Refused             a service that was asked over HTTP did not do it
    └── VaultError          the key file cannot be used, or another key sealed what is stored

What the HTTP API refuses is a `Problem` (`api.problem`). `str()` is one clear line for a person.
"""

from __future__ import annotations


class ApiError(Exception):
    """Base of this package's errors."""


class BadInput(ApiError):
    """It cannot be carried out as given."""


class SettingsError(BadInput):
    """A setting is wrong."""


class Refused(ApiError):
    """The service did not do it."""


class VaultError(ApiError):
    """Camera addresses cannot be sealed or opened."""
