# Everything that is done often, one word each. `make run` and `make test` need nothing but a Rust toolchain.

# One profile for tests, lints and `make run`: the dependencies are compiled once.
PROFILE := ci
CARGO   ?= cargo
SOAK    ?= schemas

export INSTA_UPDATE ?= no
export PROPTEST_CASES ?= 64

# cargo-nextest runs tests in parallel processes; without it cargo's own runner does.
ifeq ($(shell command -v cargo-nextest 2>/dev/null),)
RUN_TESTS = $(CARGO) test --workspace --profile $(PROFILE)
else
RUN_TESTS = $(CARGO) nextest run --workspace --cargo-profile $(PROFILE)
endif

.PHONY: help run test lint ci bench soak bless

help: ## Show these words
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Make hiring.xlsx from the shipped example
	$(CARGO) build --profile $(PROFILE) -p cli
	@$(CARGO) run --quiet --profile $(PROFILE) -p cli -- init hiring 2>/dev/null || test -f hiring.yaml
	@$(CARGO) run --quiet --profile $(PROFILE) -p cli -- generate hiring.yaml --out hiring.xlsx
	@echo "The rows are in $(CURDIR)/hiring.xlsx, the schema that made them in $(CURDIR)/hiring.yaml"

test: ## Run all tests
	$(RUN_TESTS)

lint: ## Check layout and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --profile $(PROFILE) -- -D warnings

ci: lint test ## What has to pass before anything is merged

bench: ## Measure speed
	$(CARGO) bench --workspace

soak: ## Search for faults for longer: SOAK=schemas or SOAK=fuzz
ifeq ($(SOAK),schemas)
	PROPTEST_CASES=20000 $(RUN_TESTS) schemas
else ifeq ($(SOAK),fuzz)
	PROPTEST_CASES=200000 $(RUN_TESTS) arbitrary
else
	$(error SOAK is schemas or fuzz, not "$(SOAK)")
endif

bless: ## Renew what is derived: docs/reference/ and golden files
	BLESS=1 INSTA_UPDATE=always $(RUN_TESTS)
