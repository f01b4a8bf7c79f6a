# The commands of every day; CI runs the same ones. `make help` lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
FUZZER := $(VENV)/.fuzzer

SECONDS ?= 60
TARGETS ?=
ROWS    ?=
PAIRS   ?= 20000
SEED    ?= 7

.DEFAULT_GOAL := help
.PHONY: help demo test check build format quick bench proof faults fuzz fuzz-merge clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## watch a typed client call a server, step by step
	@$(BIN)/python -m examples.demo

test: $(READY) ## run every test; installs RabbitMQ where there is none
	@$(BIN)/python -m tests.broker.install
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

quick: $(READY) ## run the tests that take no time: make quick ARGS=tests/language
	$(BIN)/python -m pytest -x -q $(ARGS)

check: $(READY) ## format, lint, types, generated code is current; then every test
	$(BIN)/ruff format --check codegen runtime examples tests benchmarks
	$(BIN)/ruff check
	$(BIN)/rpcgen check
	$(BIN)/rpcgen check examples/foreign
	$(BIN)/rpcgen release --check
	$(BIN)/mypy
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	$(MAKE) --no-print-directory test

build: $(READY) ## compile idl/ to generated/
	$(BIN)/rpcgen build
	$(BIN)/rpcgen build examples/foreign

format: $(READY) ## format code and contracts, and fix what can be fixed
	$(BIN)/rpcgen format
	$(BIN)/rpcgen format examples/foreign
	$(BIN)/ruff format codegen runtime examples tests benchmarks
	$(BIN)/ruff check --fix

bench: $(READY) ## measure us beside our peers (an hour or two); writes docs/performance.md
	@$(BIN)/python -m tests.broker.install
	$(BIN)/python -m benchmarks --json docs/performance.json --plot docs
	$(BIN)/python -m benchmarks --only http grpc-aio fastapi --uvloop --work add --callers 32 --json docs/performance-uvloop.json
	$(BIN)/python -m benchmarks.page docs/performance.json docs/performance-uvloop.json
	$(BIN)/python -m benchmarks.layers --page
	$(BIN)/python -m benchmarks.growth --json docs/growth.json --plot docs
	$(BIN)/python -m benchmarks.growth.page docs/growth.json

proof: $(READY) ## let old and new of random contracts talk: make proof PAIRS=20000 SEED=7
	$(BIN)/python -m tests.proof --pairs $(PAIRS) --seed $(SEED)

faults: $(READY) ## break brokers, servers, clients and networks (an hour or more): make faults ROWS="S1 C2"
	@$(BIN)/python -m tests.broker.install
	@mkdir -p build && rm -f build/faults.jsonl
	-$(BIN)/python -m tests.faults $(ROWS) --json build/faults.jsonl
	-$(BIN)/python -m tests.faults $(ROWS) --peer oslo --json build/faults.jsonl
	-$(BIN)/python -m tests.faults $(ROWS) --peer pika --json build/faults.jsonl
	$(BIN)/python -m tests.faults.table build/faults.jsonl

fuzz: $(FUZZER) ## feed what reads foreign bytes: make fuzz SECONDS=600 TARGETS=contract
	$(BIN)/python -m tests.fuzz.run --seconds $(SECONDS) $(TARGETS)

fuzz-merge: $(FUZZER) ## take what fuzzing found into tests/fuzz/corpus
	$(BIN)/python -m tests.fuzz.run --merge $(TARGETS)

clean: ## remove what these commands made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/fuzz/found tests/fuzz/crashes build .venv-peers .venv-bench

$(READY): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "rpcgen needs Python 3.11 or newer: no $(PYTHON) here (on Debian and Ubuntu: sudo apt-get install python3 python3-venv)"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("rpcgen needs Python 3.11 or newer, and this is %d.%d; name another: make PYTHON=python3.12" % v[:2])'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module (on Debian and Ubuntu: sudo apt-get install python3-venv)"; exit 1; }
	@echo "Installing into $(VENV) (once)…"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable . --group dev
	@touch $@

$(FUZZER): $(READY)
	@$(BIN)/python -c 'import platform as p, sys; here = (p.python_implementation(), sys.platform, p.machine(), p.libc_ver()[0]); here == ("CPython", "linux", "x86_64", "glibc") and sys.version_info < (3, 14) or sys.exit("fuzzing needs atheris, which comes for CPython 3.11 to 3.13 on Linux with glibc on x86-64, and this is %s %s on %s %s" % (here[0], p.python_version(), sys.platform, here[2]))'
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --only-binary atheris --group fuzz
	@touch $@
