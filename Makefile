# Everything a fresh machine needs: Python 3.11 to 3.14 and this file.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
WORKERS ?= 2
PIP_INSTALL := -m pip install -qq --disable-pip-version-check
BIN := $(CURDIR)/.venv/bin
COLLECTION := .collections/ansible_collections/playvisor/proxmox
PYTEST_OPTIONS := --numprocesses $(WORKERS) --dist loadgroup
# Where this stands, it lets ansible-test do with the package index alone; tests/sanity_pip.py does elsewhere.
OFFLINE_SANITY := ../shared/tools/ansible-test-offline

.PHONY: help venv link demo web test test-web pictures test-thorough trust clients test-cores test-cluster lint sanity molecule conformance bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: .venv/.ready ## Create .venv and install what the project needs (again only when pyproject.toml changed)

link: $(COLLECTION) ## Let the working tree be found as ansible_collections/playvisor/proxmox

web: venv ## Build the web application, with the system's Node or one from the package index
	@$(BIN)/python web/build.py

demo: venv link ## Start the simulator and run the whole path on it once
	@$(BIN)/playvisor demo

test: venv link ## Run the tests
	@PATH="$(BIN):$$PATH" $(BIN)/pytest $(PYTEST_OPTIONS)

# ONLY=approval runs the flows of that name. The pictures of the pages are in .work/web-screenshots.
test-web: venv link web ## Test the web application: its logic, and its flows in a real Chromium, on a simulated cluster
	@$(BIN)/python web/build.py --test $(ONLY)

pictures: test-web ## Renew the pictures of docs/web.md by those of the flows
	@$(BIN)/python web/build.py --pictures

test-thorough: venv link ## Run the tests that take longest
	@PATH="$(BIN):$$PATH" $(BIN)/pytest -q -m thorough $(PYTEST_OPTIONS)

# A trust mark is not needed: what runs with the others is a sample of the same attacks.
trust: venv link ## Attack Playvisor in every way that is known, and print what each attack came to
	@PATH="$(BIN):$$PATH" $(BIN)/pytest -q -m 'trust or not trust' tests/trust $(PYTEST_OPTIONS)

# ONLY=openai runs those of that name.
clients: venv link ## Drive the MCP server with clients that others wrote, which pip and npm install
	@PATH="$(BIN):$$PATH" $(BIN)/pytest -q -m clients tests/clients $(if $(ONLY),-k $(ONLY)) $(PYTEST_OPTIONS)

test-cores: venv link ## Run the tests that ansible-core may decide on its lowest and highest version
	@$(BIN)/python tests/matrix.py pytest -q -m every_core $(PYTEST_OPTIONS)

# Such as CLUSTER="--pve-node pve2 --pve-vmids 9500-9599"; CONTRIBUTING.md lists them.
test-cluster: venv link ## Run the modules' scenarios, and fleets, on the live cluster that PROXMOX_* lead to
	@PATH="$(BIN):$$PATH" $(BIN)/pytest -m cluster tests/cluster $(CLUSTER)

lint: venv link ## Run ruff, mypy, deptry, reuse, ansible-lint (production profile), antsibull-changelog and antsibull-docs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/deptry --no-ansi mcp_bridge playvisor pve_simulator plugins
	@$(BIN)/reuse lint --lines
	@PATH="$(BIN):$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.collections" $(BIN)/ansible-lint
	@$(BIN)/antsibull-changelog lint
	@PATH="$(BIN):$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.collections" \
	  $(BIN)/antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all .

sanity: venv link ## Run ansible-test sanity on the lowest and highest ansible-core
	@if [ -x "$(OFFLINE_SANITY)" ]; then PATH="$(BIN):$$PATH" "$(OFFLINE_SANITY)"; \
	  else $(BIN)/python tests/matrix.py python tests/sanity_pip.py; fi
	@ANSIBLE_TEST_CONTENT_ROOT="$(CURDIR)/$(COLLECTION)" \
	  $(BIN)/python tests/matrix.py ansible-test sanity --python '{python}' --color no

molecule: venv link ## Run the molecule scenarios, each on a simulated cluster of its own
	@cd $(COLLECTION) && PATH="$(BIN):$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.collections" \
	  $(BIN)/molecule test --all --report

conformance: venv link ## Run the MCP conformance suite, which npm installs, against the MCP server
	@npm install --prefix .work/conformance --no-audit --no-fund --loglevel=error \
	  @modelcontextprotocol/conformance@0.1.16 "node-$$(node -p 'process.platform + "-" + process.arch')@22"
	@$(BIN)/pytest -q tests/conformance/test_mcp_suite.py

# ONLY="list_guests ledger" runs some; OPTIONS=--write renews the committed results and docs/performance.md.
bench: venv link ## Measure Playvisor beside what people use instead, and compare with the committed results
	@PATH="$(BIN):$$PATH" $(BIN)/python tests/benchmarks $(ONLY) $(OPTIONS)

clean: ## Remove everything that make created
	rm -rf .venv .venv-* .collections .work .ansible build dist tests/output web/node_modules playvisor/web/static
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml
	@echo "Setting up .venv ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP_INSTALL) --editable '.[dev]'
	@touch $@

$(COLLECTION):
	@mkdir -p $(@D)
	@ln -sfn ../../.. $@
