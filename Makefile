SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

STACK ?= dev
# Recipes take it from their environment, so that no letter of it means anything to the shell.
export STACK
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REPORTS := .sandbox/reports

WORKERS ?= 4
# An engine, a provider and a cloud work more than they wait.
ENGINES ?= 3
# Networks of namespaces wait most of the time: for timeouts of tunnels, for a monitor to decide.
NETWORKS ?= 8
IN_PARALLEL = $(if $(filter policy sandbox,$*),$(ENGINES),$(if $(filter dataplane,$*),$(NETWORKS),$(WORKERS)))

LOCK_HASH := $(firstword $(shell cat requirements.lock pyproject.toml | sha256sum))
INSTALLED := $(VENV)/installed-$(LOCK_HASH)
POLICY_CONFIG ?=
CONFIGURED := $(if $(POLICY_CONFIG),--policy-pack-config '$(POLICY_CONFIG)')
POLICY_PACK := $(if $(wildcard policy/PulumiPolicy.yaml),--policy-pack policy $(CONFIGURED))
SUITES := $(foreach suite,unit policy fidelity sandbox browser dataplane,$(if $(wildcard tests/$(suite)/test_*.py),$(suite)))

.PHONY: help
help: ## Show this list
	@echo 'make TARGET [STACK=dev]; the stacks are those in stacks/Pulumi.<stack>.yaml.'
	@echo 'Everything runs in the sandbox: its own Pulumi engine, provider and AWS, on this machine.'
	@echo
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)$$/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target text; do \
		printf '  %-16s %s\n' "$$target" "$${text//\$$\$$/\$$}"; done
	@echo
	@echo '  bin/sandbox COMMAND...   runs any command against the sandbox (pulumi, aws, python ...)'
	@echo '  POLICY_CONFIG=FILE       levels, parameters and waivers for the policies (docs/policies.md)'
	@echo '  AWS_VPN_ENGINE           where Pulumi comes from: auto (default), installed, download, build'
	@echo '  AWS_VPN_SANDBOX_DIR      another folder for the sandbox, to run several side by side'

.PHONY: up
up: policy-config ## Deploy STACK, judged by the policy pack
	@bin/sandbox pulumi up --yes --stack "$$STACK" $(POLICY_PACK)

.PHONY: preview
preview: policy-config ## Show what deploying STACK would change
	@bin/sandbox pulumi preview --stack "$$STACK" $(POLICY_PACK)

.PHONY: policy-config
policy-config: setup
	@$(if $(POLICY_CONFIG),$(BIN)/aws-vpn policies check '$(POLICY_CONFIG)')

.PHONY: refresh
refresh: setup ## Compare what Pulumi knows of STACK with what the cloud holds, and take over the difference
	@bin/sandbox pulumi refresh --yes --stack "$$STACK"

.PHONY: destroy
destroy: setup ## Delete everything in STACK
	@bin/sandbox pulumi destroy --yes --stack "$$STACK"

.PHONY: outputs
outputs: setup ## Show what STACK exports
	@bin/sandbox pulumi stack output --stack "$$STACK"

.PHONY: env
env: setup ## Print exports that point AWS tools at the sandbox: eval "$$(make -s env)"
	@PYTHONPATH=. $(BIN)/python -m sandbox.wrapper.exports "$$STACK"

.PHONY: down
down: setup ## Stop the sandbox's own processes and clear its state
	@PYTHONPATH=. $(BIN)/python -m sandbox.wrapper.down

.PHONY: policies
policies: setup ## List the policies with their ids, severities and reasons
	@$(BIN)/aws-vpn policies list

.PHONY: check-all
check-all: setup ## Judge all deployed stacks together, each with the others' real addresses
	@bin/sandbox aws-vpn policies judge-all-deployed $(CONFIGURED)

.PHONY: engine
engine: setup
	@PYTHONPATH=. $(BIN)/python -m sandbox.wrapper.engine

.PHONY: test
test: engine debian-packages ## Run all test suites, and say of each how it went
	@failed=(); for suite in $(SUITES); do $(MAKE) test-$$suite || failed+=("$$suite"); done; \
	if [ $${#failed[@]} -gt 0 ]; then echo "Failed: $${failed[*]}" >&2; exit 1; fi; \
	echo 'All suites passed: $(SUITES)'

.PHONY: test-unit test-policy test-fidelity test-sandbox test-browser test-dataplane
test-unit: setup ## Run the unit tests (seconds)
test-policy: engine ## Run the policy pack's tests
test-fidelity: setup ## Run the tests that hold the project against what AWS publishes of itself
test-sandbox: engine ## Run the tests that deploy whole stacks in the sandbox
test-browser: setup debian-packages ## Run the tests that look at the report in a browser
test-dataplane: setup debian-packages ## Run the tests that send packets through real tunnels (root)
test-unit test-policy test-fidelity test-sandbox test-browser test-dataplane: test-%:
	@echo '== tests/$*'
	@mkdir -p $(REPORTS)
	@$(BIN)/pytest tests/$* --numprocesses $(IN_PARALLEL) --dist loadgroup --junitxml=$(REPORTS)/$*.xml

.PHONY: boot-hosts
boot-hosts: PACKAGE_LISTS = labs/boot/packages.txt
boot-hosts: setup debian-packages ## Boot one of each kind of host on Debian 13, systemd and all (root, Debian's mirror)
	@$(BIN)/python -m labs.boot

.PHONY: changes
changes: engine ## Change deployed stacks from any settings to any other, for 20 minutes
	@$(BIN)/python -m labs.changes

.PHONY: kernel-ipsec
kernel-ipsec: PACKAGE_LISTS = labs/kernel/packages.txt tests/dataplane/packages.txt
kernel-ipsec: setup debian-packages ## Run rendered strongSwan and libreswan files on Debian's kernel, in QEMU (root)
	@$(BIN)/python -m labs.kernel

.PHONY: debian-packages
debian-packages: PACKAGE_LISTS ?= $(wildcard tests/*/packages.txt)
debian-packages:
	@if [ "$$(id -u)" = 0 ] && command -v dpkg-query >/dev/null; then \
		missing=$$(comm -13 <(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' | sed -n 's/^installed //p' | sort -u) \
			<(sort -u $(PACKAGE_LISTS))); \
		if [ -n "$$missing" ]; then \
			echo "Installing Debian packages:" $$missing; \
			apt-get update -qq; \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
		fi; \
	fi

.PHONY: lint
lint: setup ## Check style, types, who imports whom, and workflow files
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/basedpyright
	@if [ -d .github/workflows ]; then \
		$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.y*ml; fi

.PHONY: docs
docs: setup ## Build the documentation as a site, in .sandbox/site
	@NO_MKDOCS_2_WARNING=1 DISABLE_MKDOCS_2_WARNING=true $(BIN)/python -m mkdocs build --site-dir .sandbox/site
	@echo 'To read and search it: python3 -m http.server --directory .sandbox/site'

.PHONY: format
format: setup ## Put the source into the house style
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

.PHONY: lock
lock: setup ## Pin every package anew, with hashes
	$(BIN)/uv pip compile --quiet pyproject.toml --group sandbox --group test --group lint --group docs --group build \
		--generate-hashes --no-emit-index-url --universal --python-version 3.11 --no-header -o requirements.lock

.PHONY: setup
setup: $(INSTALLED) ## Install the pinned packages into .venv (the others do this by themselves)

$(INSTALLED): requirements.lock pyproject.toml
	@command -v '$(PYTHON)' >/dev/null || { echo 'Python 3.11 or later is needed, and there is no $(PYTHON)' >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; $(PYTHON) is $$('$(PYTHON)' --version)" >&2; exit 1; }
	@[ -x $(BIN)/pip ] || '$(PYTHON)' -m venv $(VENV) >/dev/null \
		|| { echo 'No virtual environment; on Debian: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Installing the pinned packages into $(VENV) ...' >&2
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/installer.txt
	@{ $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/installer.txt && \
		export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(BIN)/pip config get global.index-url 2>/dev/null || true)}}" && \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .; } \
		> $(VENV)/install.log 2>&1 \
		|| { echo 'The packages could not be installed; is the package index reachable? (all of it: $(VENV)/install.log)' >&2; exit 1; }
	@rm -f $(VENV)/installed-*
	@touch $@
