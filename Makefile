GO ?= go
BIN := bin/scanledger

.PHONY: help deps build run test faults fuzz bench peers schemas fmt clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 12

deps: ## install what is missing to run: Postgres' binaries, the ClickHouse library
	@deploy/embedded/install.sh

build: ## leave bin/scanledger
	@$(GO) build -o $(BIN) ./cmd/scanledger

run: deps build ## serve on :8080 with the embedded engines, data in ./data
	@$(BIN) serve

test: ## install what tests need and run all of them
	@.ci/suites

faults: ## kill and hurt the program ten times as often as the tests do: make faults SEEDS=30
	@FAULT_SEEDS=$(or $(SEEDS),30) FAULT_TIMEOUT=6h .ci/suites faults

fuzz: build ## send the server what schemathesis makes of its OpenAPI documents, scanners what hostile servers say, and parsers what Go makes up: make fuzz CASES=1000 FOR=30s
	@deploy/embedded/install.sh test
	@FUZZ_CASES=$(or $(CASES),1000) $(GO) test -v -count=1 -timeout 6h -run '^TestSchemathesis$$' ./cmd/scanledger
	@SCANLEDGER_TEST_HOSTILE=all $(GO) test -v -count=1 -timeout 30m -run '^TestHostileTargets$$' ./adapters/scanners/list
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		$(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(or $(FOR),30s) -fuzzminimizetime 1s $$p || exit 1; done; done

bench: build ## print our speed as a ratio to a limit or a peer of the same run
	@$(GO) test -run '^$$' -bench . -benchtime 1x ./... | grep -E ' ratio |^(FAIL|panic)'

peers: SHELL := /bin/bash
peers: .SHELLFLAGS := -o pipefail -c
peers: build ## compare with the tools that we stand beside, all or some: make peers PARTS="headers seo"
	@deploy/peers/install.sh $(PARTS)
	@$(GO) test -tags peers -p 1 -count=1 -timeout 3h -v -run '(?i)^TestPeers?($(subst $() ,|,$(strip $(PARTS))))' ./... | \
		grep -vE '^(=== |--- PASS|PASS|testing: |ok |\?)'

schemas: ## write the schemas of new events, and bundle the OpenAPI documents
	@$(GO) run ./schemas/generate
	@$(GO) run ./schemas/openapi/bundle

fmt: ## format all Go files
	@gofmt -w $$(git ls-files '*.go')

clean: ## remove what was built; the data folder stays
	@rm -rf bin
