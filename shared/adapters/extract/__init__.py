"""Text out of files: one module a format, run in a killable subprocess (`sandbox`)."""
