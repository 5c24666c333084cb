"""What is measured, as ratios in one run. Never a pass/fail test. `python -m bench --help`."""
