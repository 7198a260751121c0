# Puljeport: everything that can be done here. `make` alone lists it.
# Needed beforehand: Python, make and git. uv comes with `make setup` and fetches Python 3.13 where there is none.

UV_VERSION := 0.13.9
STAGE ?= dev
SECONDS ?= 10
N ?= 1000
SEED ?= 2018
# Words for pytest, such as ARGS='-k deadline'.
ARGS ?=

export UV := $(CURDIR)/.tools/uv/bin/uv
export SAM_CLI_TELEMETRY := 0
BIN := .venv/bin
# SAM looks for a python3.13 on the path, and its environment has one.
SAM := PATH="$(CURDIR)/.venv-sam/bin:$$PATH" sam
PULJEPORT := $(BIN)/puljeport

# What runs on this machine is built for it; what is deployed, for what samconfig.toml says of the stage.
HOST_ARCHITECTURE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
DESIGN_FONTS := node_modules/dkfds/src/fonts/IBMPlexSans/split/woff
STAGE_ARCHITECTURE = $(shell sed -n '/^\[$(STAGE)\.deploy\./,/^tags/s/.*Architecture=\([a-z0-9_]*\).*/\1/p' samconfig.toml)

CODE := layers/shared/puljeport functions cli
# AWS's documented examples, the alphabet of references, a row's key as the tag of a mail, and what tests call a password.
NOT_SECRET := EXAMPLE|^0123456789ABCDEFGH|^Tk9USUNFI|^(test|testing|kode|false)$$

LAYER_EXPORT = $(UV) export --quiet --locked --no-default-groups --no-emit-project --no-header --prune boto3 --prune botocore --prune dnspython

.DEFAULT_GOAL := help
.PHONY: help setup demo up down status logs test test-fast check bench simulate fuzz assets screenshots lock build deploy sbom clean

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Try it

demo: setup ## The whole system on this machine: start, deploy, publish, upload, and show what happened
	PULJEPORT_ARCHITECTURE=$(HOST_ARCHITECTURE) $(PULJEPORT) demo

up: setup ## Start the local cloud and deploy to it
	PULJEPORT_ARCHITECTURE=$(HOST_ARCHITECTURE) $(PULJEPORT) up

down: setup ## Stop the local cloud
	$(PULJEPORT) down

status: setup ## What runs locally, and where
	$(PULJEPORT) status

logs: setup ## What the functions said
	$(PULJEPORT) logs

##@ Work on it

setup: .venv/.synced .venv-sam/.synced .venv-cloud/.synced ## Install everything, each tool in its own environment, from uv.lock

test: setup ## Every test: unit, template, integration, and end to end on the local cloud
	$(BIN)/pytest -n 2 --ignore=tests/e2e $(ARGS)
	PULJEPORT_ARCHITECTURE=$(HOST_ARCHITECTURE) $(BIN)/pytest tests/e2e $(ARGS)

test-fast: .venv/.synced ## The tests without real programs, clouds and histories: some minutes
	$(BIN)/pytest -q -n 2 --ignore=tests/e2e -m 'not slow and not cloud and not sam_local' $(ARGS)

# Bandit's low findings are ruff's S rules too, where each exception stands at its line.
check: setup .venv-lint/.synced ## Style, types, layers, the template, security, and that the pins agree
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/ruff check --no-cache .
	$(BIN)/mypy $(CODE) tests
	$(BIN)/lint-imports
	$(UV) lock --check
	@mkdir -p .local
	{ head -n 1 layers/shared/requirements.txt; $(LAYER_EXPORT); } | diff layers/shared/requirements.txt -
	$(SAM) validate --lint --config-env local
	$(BIN)/python tests/template/transformed.py > .local/transformed.json
	$(BIN)/cfn-lint .local/transformed.json
	.venv-lint/bin/checkov --config-file .checkov.yaml -f .local/transformed.json
	$(BIN)/bandit --quiet --recursive --severity-level medium $(CODE)
	git ls-files -z ':!uv.lock' ':!layers/shared/requirements.txt' | xargs -0 $(BIN)/detect-secrets-hook --exclude-secrets '$(NOT_SECRET)'

bench: build .venv-bench/.synced ## How long reading takes, and a deadline rush: writes docs/benchmarks.md and docs/rush.md
	.venv-bench/bin/python tests/bench.py
	.venv-bench/bin/python tests/rush.py

simulate: .venv/.synced ## N random histories (1000) of uploads, people, clocks and faults, from SEED (2018)
	PULJEPORT_HISTORIES=$(N) PULJEPORT_SEED=$(SEED) $(BIN)/pytest -q -n 2 tests/simulation

fuzz: setup ## Damage forms of every kind and read them, SECONDS each (10)
	$(BIN)/python tests/fuzz.py $(SECONDS)

assets: .venv/.synced ## The portal's style, fonts, icons and receipts anew, from the design system's npm package (needs node and npm)
	cd assets && npm ci --ignore-scripts --no-audit --no-fund && node build.mjs
	$(BIN)/python -m puljeport.blanks.receipt assets/$(DESIGN_FONTS) functions/portal/receipts

screenshots: .venv-bench/.synced ## Pictures of forms, returned copies and pages: docs/screenshots (LibreOffice, poppler, chromium)
	.venv-bench/bin/python tests/screenshots.py

lock: $(UV) ## After a change in pyproject.toml: pin anew, and write what the layer holds
	@mkdir -p .local
	$(UV) lock
	{ head -n 1 layers/shared/requirements.txt; $(LAYER_EXPORT); } > .local/requirements.txt
	mv .local/requirements.txt layers/shared/requirements.txt

##@ Run it on AWS

build: setup ## Build functions and layer for STAGE (dev, staging, prod, local)
	PULJEPORT_ARCHITECTURE=$(STAGE_ARCHITECTURE) $(SAM) build --config-env $(STAGE)

deploy: build ## Deploy to STAGE with the AWS credentials in the environment
	$(SAM) deploy --config-env $(STAGE)

sbom: .venv/.synced ## What the layer holds, as a CycloneDX bill of materials: dist/sbom.json
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --of JSON -o dist/sbom.json layers/shared/requirements.txt

clean: ## Remove everything that was installed or built here
	rm -rf .venv .venv-sam .venv-cloud .venv-lint .venv-bench .tools .aws-sam .local dist

# -- environments: made again only when a pin changes --------------------------------------------------------------------

$(UV):
	@echo "Installing uv $(UV_VERSION) in .tools/"
	@python3 -m venv .tools/uv
	@.tools/uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: pyproject.toml uv.lock .python-version | $(UV)
	@echo "Installing .venv"
	@$(UV) sync --quiet --locked
	@touch $@

.venv-bench/.synced: pyproject.toml uv.lock .python-version | $(UV)
	@echo "Installing .venv-bench"
	@UV_PROJECT_ENVIRONMENT=.venv-bench $(UV) sync --quiet --locked --no-default-groups --group bench
	@touch $@

.venv-%/.synced: pyproject.toml uv.lock .python-version | $(UV)
	@echo "Installing .venv-$*"
	@UV_PROJECT_ENVIRONMENT=.venv-$* $(UV) sync --quiet --locked --only-group $* --no-install-project
	@touch $@
