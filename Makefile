# Nexus on one machine: `make up` needs Python 3.13 and Node.js 20 or newer, nothing else.
# What each command does: `python -m devstack --help` and README.md.

PYTHON := .venv/bin/python
PYRIGHT := node devstack/node/node_modules/pyright/index.js

# Taken as they were typed (no $ expansion) and handed on through the environment, never through the shell's text:
# apostrophes, quotes and dollar signs of a question survive.
override q := $(value q)
override s := $(value s)
override user := $(or $(value user),alice)
override mode := $(or $(value mode),rag)
export q s user mode

# Each worker has engines of its own; two are what the smallest machine carries, and on two cores a third one makes tests
# fail that wait for others. `make test workers=0` runs in one process.
# Files in their order: by number of tests, the few that take minutes (browsers) would come last, to one worker alone.
workers := 2

.PHONY: up down status logs reset ask token env func doctor test check bench evals bootstrap
.DEFAULT_GOAL := up

bootstrap:
	@sh devstack/stack/bootstrap.sh

up: bootstrap
	@$(PYTHON) -m devstack up

down: bootstrap
	@$(PYTHON) -m devstack down

status: bootstrap
	@$(PYTHON) -m devstack status

logs: bootstrap
	@$(PYTHON) -m devstack logs --follow $${s:+"$$s"}

reset: bootstrap
	@$(PYTHON) -m devstack reset

ask: bootstrap
	@$(PYTHON) -m devstack ask --user "$$user" --mode "$$mode" -- "$$q"

token: bootstrap
	@$(PYTHON) -m devstack token --user "$$user"

env: bootstrap
	@$(PYTHON) -m devstack env

func: bootstrap
	@$(PYTHON) -m devstack func

doctor: bootstrap
	@$(PYTHON) -m devstack doctor

test: bootstrap
	$(PYTHON) -m pytest -n $(workers) --dist loadfile --no-loadscope-reorder

check: bootstrap
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYRIGHT)
	$(PYTHON) -m pytest tests/test_architecture.py tests/test_dependencies.py
	npm --prefix static-web-app run check
	$(PYTHON) -m devstack.cli.file_sizes

bench: bootstrap
	$(PYTHON) -m bench

evals: bootstrap
	$(PYTHON) -m evals
