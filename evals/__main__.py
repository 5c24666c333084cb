"""`python -m evals`: all that is evaluated, which is retrieval so far."""

from evals.retrieval import main

if __name__ == "__main__":
    main()
