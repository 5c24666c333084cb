"""The usual pipelines of other libraries, run in an environment of their own (bench/requirements.txt)."""
