"""`python3 -m deploy.setup [demo|test]`, from the repository's root."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said before anything newer is parsed
    print(
        f"set-up: failed: this is Python {sys.version.split()[0]}, and 3.11 or newer is needed\n"
        "    What to do: install one and name it: make demo PYTHON=python3.11.",
        file=sys.stderr,
    )
    sys.exit(1)

from deploy.setup.runner import main

sys.exit(main(sys.argv[1:]))
