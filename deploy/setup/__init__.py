"""Brings a fresh Debian 12 to where Qalqan runs: each step once, with its time, or a plain reason.

Standard library only, and nothing of Qalqan: it runs before anything is installed.

    python3 -m deploy.setup [demo|test]
"""
