# Every verb sets up what it needs in .venv and does nothing twice. `make help` lists the verbs.
#   PYTHON=python3.12 make test     another interpreter (for a fresh .venv)
#   make test ARGS="-k vocabulary"  arguments for pytest
#   make bench QUICK=1              small inputs, a few minutes; FULL=1 trains all speeds on the whole text
#   make bench ARGS="quality"       one section of it

PYTHON ?= python3
ARGS ?=
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := .venv/bin
DONE := .venv/.done
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
CORE := CMakeLists.txt $(shell find core -name '*.h' -o -name '*.cc')
SANITIZED := build/sanitized
PEERS := benchmarks/.venv/.done
TURBO := benchmarks/.venv/turbo/.done
TORCH := benchmarks/.venv/torch/.done

# Tests of files shared with the peers run where `make peers` was run, and are skipped elsewhere.
PEERS_FOR_TESTS = $(if $(wildcard $(PEERS)),TEXTSPACE_PEERS_PYTHON=$(CURDIR)/benchmarks/.venv/bin/python \
  TEXTSPACE_PEERS_FASTTEXT=$(CURDIR)/benchmarks/.cache/fasttext)

.PHONY: help demo test check format sanitize peers bench docs clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1@\2/p' Makefile | column -t -s @

demo: $(DONE)/package ## train vectors, a classifier and a tag model on the docstrings of Python's standard library
	$(BIN)/textspace demo

test: $(DONE)/package $(DONE)/test ## run all tests, slow ones included
	$(PEERS_FOR_TESTS) $(BIN)/python -m pytest $(ARGS)

check: $(DONE)/package $(DONE)/test $(DONE)/check ## style, types, layers, docstrings, sizes
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/numpydoc lint $$(find src -name '*.py')
	$(BIN)/python tools/check_docstrings.py
	$(BIN)/python tools/check_structure.py
	$(BIN)/python tools/check_stub.py

format: $(DONE)/check ## let ruff format the code and fix what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# The interpreter is not instrumented, so the runtimes are preloaded (with the C++ library, whose exceptions they
# intercept). -S keeps the editable install out: the instrumented core comes from its own folder.
sanitize: $(DONE)/sanitized $(DONE)/test ## the tests of the core under AddressSanitizer and UBSan
	PYTHONPATH=$(SANITIZED)/site:$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
	LD_PRELOAD="$$(g++ -print-file-name=libasan.so) $$(g++ -print-file-name=libstdc++.so)" \
	PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 TEXTSPACE_SANITIZED=1 \
	$(BIN)/python -S -m pytest tests --ignore tests/interop -m "not slow" \
	  -p no:cacheprovider $(ARGS)

peers: $(PEERS) ## install the pinned peers, fastText compiled from source: for tests of shared files, and benchmarks

# A wheel, as users get it, beside the peers.
bench: $(DONE)/tools $(PEERS) $(TURBO) $(TORCH) ## compare speed, memory and quality with the pinned peers
	rm -rf benchmarks/.cache/wheel
	$(PIP) wheel --no-build-isolation --no-deps --wheel-dir benchmarks/.cache/wheel .
	benchmarks/.venv/bin/python -m pip --quiet --disable-pip-version-check install --no-deps --force-reinstall \
	  benchmarks/.cache/wheel/*.whl
	benchmarks/.venv/bin/python benchmarks/compare.py $(if $(QUICK),--scale quick,$(if $(FULL),--scale full)) $(ARGS)

docs: $(DONE)/package $(DONE)/docs ## build the documentation
	$(BIN)/python -m sphinx --fail-on-warning --quiet docs build/docs
	@echo "open build/docs/index.html"

clean: ## remove what was built
	rm -rf .venv build benchmarks/.venv

$(DONE)/tools: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and f"textspace needs Python 3.10 or newer: {sys.executable} is {sys.version.split()[0]}; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install --group build
	@mkdir -p $(DONE) && touch $@

$(DONE)/package: $(DONE)/tools $(CORE)
	$(PIP) install --no-build-isolation --editable '.[zst]'
	@touch $@

$(DONE)/test $(DONE)/check $(DONE)/docs: $(DONE)/%: $(DONE)/tools
	$(PIP) install --group $*
	@touch $@

$(PEERS): benchmarks/requirements.txt benchmarks/build_fasttext.py | $(DONE)/tools
	$(BIN)/python -m venv --clear benchmarks/.venv
	benchmarks/.venv/bin/python -m pip --quiet --disable-pip-version-check install --requirement $<
	mkdir -p benchmarks/.cache
	benchmarks/.venv/bin/python benchmarks/build_fasttext.py benchmarks/.cache
	@touch $@

# An environment inside the other: its module is called fasttext as well.
$(TURBO): benchmarks/requirements-turbo.txt $(PEERS)
	$(BIN)/python -m venv --clear benchmarks/.venv/turbo
	benchmarks/.venv/turbo/bin/python -m pip --quiet --disable-pip-version-check install --requirement $<
	@touch $@

$(TORCH): benchmarks/requirements-torch.txt $(PEERS)
	$(BIN)/python -m venv --clear benchmarks/.venv/torch
	benchmarks/.venv/torch/bin/python -m pip --quiet --disable-pip-version-check install --requirement $<
	@touch $@

$(DONE)/sanitized: $(DONE)/tools $(CORE) $(shell find src -name '*.py')
	$(PIP) install --no-build-isolation --no-deps --upgrade --target $(SANITIZED)/site \
	  --config-settings=cmake.define.TEXTSPACE_SANITIZE=ON --config-settings=build-dir=$(SANITIZED)/cmake \
	  --config-settings=install.strip=false .
	@touch $@
