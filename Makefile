# Everything that is done often, one word each. A Rust toolchain, Node 20 and a C compiler are needed; the rest is installed.

# One profile for tests, lints and `make run`: the dependencies are compiled once.
PROFILE := ci
CARGO   ?= cargo
NPM     ?= npm
SOAK    ?= schemas

# Where cargo puts what it builds.
BUILT := $(or $(CARGO_TARGET_DIR),target)

# How long `make soak SOAK=fuzz` runs.
FUZZ_SECONDS ?= 600

# The studio is built in everywhere, so that all crates are compiled once.
FEATURES := --features cli/studio
BINARY   := $(abspath $(BUILT))/$(PROFILE)/synthetic-data

export INSTA_UPDATE ?= no
# Property tests: so many cases, the same in every run. `make soak` asks for more, and for others.
export PROPTEST_CASES ?= 100
export PROPTEST_RNG_SEED ?= 20260101

# cargo-nextest runs tests in parallel processes; without it cargo's own runner does.
ifeq ($(shell command -v cargo-nextest 2>/dev/null),)
RUN_TESTS = $(CARGO) test --workspace $(FEATURES) --profile $(PROFILE)
else
RUN_TESTS = $(CARGO) nextest run --workspace $(FEATURES) --cargo-profile $(PROFILE)
endif

STUDIO_SOURCES := $(shell find frontend -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)

.PHONY: help run dev test test-rust test-studio test-browser test-clients test-acceptance test-api test-validators lint ci bench soak bless screenshots

help: ## Show these words
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: frontend/dist/index.html ## Build everything and serve it on http://127.0.0.1:8000
	$(CARGO) build --workspace $(FEATURES) --profile $(PROFILE)
	@exec $(BINARY) serve

dev: frontend/node_modules/.package-lock.json ## Serve the API, and the studio with reload on http://localhost:5173
	$(CARGO) build --workspace $(FEATURES) --profile $(PROFILE)
	@trap 'kill 0' EXIT; $(BINARY) serve & cd frontend && $(NPM) run dev

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	cd frontend && $(NPM) ci --no-audit --no-fund
	@touch $@

frontend/dist/index.html: frontend/node_modules/.package-lock.json $(STUDIO_SOURCES)
	cd frontend && $(NPM) run build
	@touch $@

test: test-rust test-studio test-browser test-clients test-acceptance test-api test-validators ## Run all tests

# Where a test says that it could not be done here, which a test runner keeps to itself.
export SKIPPED := $(abspath $(BUILT))/skipped.txt

test-rust: frontend/dist/index.html
	@mkdir -p $(BUILT) && rm -f $(SKIPPED)
	$(RUN_TESTS)
	@[ ! -s $(SKIPPED) ] || { echo; cat $(SKIPPED); echo; }

test-studio: frontend/node_modules/.package-lock.json
	cd frontend && $(NPM) test

test-browser: frontend/dist/index.html
	$(CARGO) build --workspace $(FEATURES) --profile $(PROFILE) --bins
	frontend/e2e/chromium.sh && cd frontend && BINARY=$(BINARY) $(NPM) run e2e

test-clients: frontend/node_modules/.package-lock.json
	tests/clients/run.sh $(BINARY)

test-acceptance:
	tests/acceptance/run.sh $(BINARY)

test-api:
	tests/schemathesis/run.sh $(BINARY)

test-validators: frontend/dist/index.html
	$(CARGO) build --workspace $(FEATURES) --profile $(PROFILE) --bins
	engine/tests/validators/run.sh $(BINARY)

screenshots: frontend/dist/index.html ## Take pictures of every screen into frontend/screenshots
	$(CARGO) build --workspace $(FEATURES) --profile $(PROFILE) --bins
	frontend/e2e/chromium.sh && cd frontend && BINARY=$(BINARY) $(NPM) run screenshots

lint: frontend/dist/index.html ## Check layout and lints
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace $(FEATURES) --all-targets --profile $(PROFILE) -- -D warnings
	cd frontend && $(NPM) run lint
	tests/lint/run.sh

ci: lint test ## What has to pass before anything is merged

bench: ## Measure speed beside other programs, which are installed outside of the tree; BENCH="--help" shows choices
	$(CARGO) build --release -p cli
	bench/run.py --binary $(BUILT)/release/synthetic-data --json $(BUILT)/bench.json $(BENCH)
	$(CARGO) bench --workspace

soak: frontend/dist/index.html ## Search for faults for longer: SOAK=schemas, fuzz, kills, paid, api, load or image (IMAGE_BINARY)
ifeq ($(SOAK),schemas)
	PROPTEST_CASES=5000 PROPTEST_RNG_SEED=$$(date +%s) $(RUN_TESTS) schemas alone no_text no_words
else ifeq ($(SOAK),fuzz)
	command -v cargo-fuzz >/dev/null 2>&1 || $(CARGO) install --locked cargo-fuzz
	mkdir -p $(BUILT)/fuzz/corpus
	cp $$(find api/src -path '*/templates/*.yaml') $(BUILT)/fuzz/corpus/
	$(CARGO) fuzz run --dev --sanitizer none --strip-dead-code --target-dir $(BUILT)/fuzz schema $(BUILT)/fuzz/corpus -- \
		-dict=fuzz/dictionary -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=60 -rss_limit_mb=4096
else ifeq ($(SOAK),kills)
	KILLS=$(or $(KILLS),200) $(RUN_TESTS) a_killed_server
else ifeq ($(SOAK),paid)
	PAID_ROWS=1000000 PAID_POOL=1000 $(RUN_TESTS) pays_once
else ifeq ($(SOAK),api)
	$(CARGO) build --workspace $(FEATURES) --profile $(PROFILE) --bins
	tests/schemathesis/run.sh $(BINARY) $(or $(CASES),100)
else ifeq ($(SOAK),load)
	$(CARGO) build --release -p cli $(FEATURES)
	BINARY=$(abspath $(BUILT))/release/synthetic-data $(CARGO) test --workspace $(FEATURES) --profile $(PROFILE) --test cli -- \
		--ignored --nocapture --test-threads 1 load::
else ifeq ($(SOAK),image)
	tests/image/run.sh $(IMAGE_BINARY)
else
	$(error SOAK is schemas, fuzz, kills, paid, api, load or image, not "$(SOAK)")
endif

bless: frontend/dist/index.html ## Renew what is derived: openapi.yaml, the typed client, docs/reference/ and golden files
	BLESS=1 INSTA_UPDATE=always $(RUN_TESTS)
	cd frontend && $(NPM) run api
