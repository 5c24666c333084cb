"""How well Nexus finds and answers, on documents that nobody here wrote. `python -m evals.retrieval --help`."""
