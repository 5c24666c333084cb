"""`python -m evals`: all that is evaluated, one after the other; `python -m evals.NAME --help` for one alone."""

from evals import ablation, citations, retrieval, sufficiency

if __name__ == "__main__":
    for each in (retrieval, sufficiency, citations, ablation):
        each.main()
