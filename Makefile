# nbemu's Makefile. "make help" lists what it can do.
#
# Everything that needs to be set up is set up by the target that needs it; see
# internal/engine for the CPU emulator and internal/hosttools for what is
# installed on a Debian machine.

GO    ?= go
ARCH  ?= amd64
PKGS  ?=
FLAGS ?=

# nbemu itself needs cgo; the guests' programs are built without.
export CGO_ENABLED = 1

# On Linux bin/nbemu is linked statically: one file, and half a millisecond less of every start.
ifeq ($(shell uname -s),Linux)
STATIC = -tags netgo,osusergo -ldflags '-linkmode external -extldflags -static'
endif

.PHONY: build
build: engine ## build bin/nbemu (the default)
	$(GO) build -buildvcs=auto $(STATIC) -o bin/nbemu ./cmd/nbemu

.PHONY: engine
engine: ## build the CPU emulator, once, into the user's cache directory
	@CGO_ENABLED=0 $(GO) run ./internal/engine

.PHONY: demo
demo: build ## run real NetBSD programs under nbemu
	@$(GO) run ./internal/demo

# The tests of the standard library come last and alone: some of them look at
# the clock.
# Two machines of the four, of either word size, keep the time of a full run within bounds.
GOARCHES ?= amd64|arm
.PHONY: test
test: build ## run all tests [GOARCHES='amd64|aarch64|arm|i386']
	$(GO) test -count=1 -timeout 15m $$($(GO) list ./... | grep -v /internal/conformance)
	$(GO) test -count=1 -timeout 25m -v ./internal/conformance -run 'Test[^S]|TestStandardLibrary/^($(GOARCHES))$$'

# What a day's work needs: all packages by themselves, and the guests' programs on
# machines that differ: 32 and 64 bits, both byte orders, register windows.
SHORT = amd64|arm|mips|sparc64
.PHONY: short
short: build ## the tests that take less than two minutes [SHORT='amd64|arm']
	$(GO) test -short -timeout 5m $$($(GO) list ./... | grep -v -e /internal/conformance -e /internal/archtest -e /internal/posixtest)
	$(GO) test -count=1 -short -timeout 5m ./internal/archtest -run 'TestPrograms/^($(SHORT))$$'

# The race detector: first the packages' own tests, then guests under a bin/nbemu
# that is built with it, which ends at the first race it finds. The command's tests start bin/nbemu as well: those
# that look at running threads from outside.
RACEARCH = amd64|sparc64
RACERUN  = TestGDB(WatchThreads|CatchThreads|Forks|Siginfo)|TestStrace|TestKtrace|TestProfile|TestCoverage
.PHONY: race
race: build ## tests of all packages, and guests, under the race detector [RACEARCH='amd64|sparc64']
	$(GO) test -race -timeout 10m $$($(GO) list ./... | grep -v -e /internal/ -e /cmd/)
	$(GO) build -race -o bin/nbemu-race ./cmd/nbemu
	NBEMU=$(CURDIR)/bin/nbemu-race GORACE=halt_on_error=1 \
		$(GO) test -count=1 -timeout 10m ./internal/archtest -run 'TestPrograms/^($(RACEARCH))$$'
	NBEMU=$(CURDIR)/bin/nbemu-race GORACE=halt_on_error=1 \
		$(GO) test -count=1 -timeout 10m ./cmd/nbemu -run '$(RACERUN)'

# What guests reach counts as well: bin/nbemu-cover writes what was executed when it ends.
.PHONY: cover
cover: engine ## how much of each package the tests and the guests' programs reach
	@rm -rf testdata/build/cover && mkdir -p testdata/build/cover
	$(GO) build -cover -coverpkg=./... -o bin/nbemu-cover ./cmd/nbemu
	NBEMU=$(CURDIR)/bin/nbemu-cover GOCOVERDIR=$(CURDIR)/testdata/build/cover \
		$(GO) test -count=1 -timeout 15m ./internal/archtest ./internal/posixtest
	$(GO) test -count=1 -timeout 10m -cover -coverpkg=./... \
		$$($(GO) list ./... | grep -v -e /internal/) -args -test.gocoverdir=$(CURDIR)/testdata/build/cover
	@$(GO) tool covdata percent -i=testdata/build/cover | sort

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
.PHONY: lint
lint: engine ## vet, staticcheck, gofmt, and whether go.mod is tidy
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) mod tidy -diff

.PHONY: generated
generated: engine ## whether generated files are up to date
	@before=$$(git diff | cksum); $(GO) generate ./... || exit 1; \
	if [ "$$before" != "$$(git diff | cksum)" ]; then \
		echo "go generate changed files:"; git diff --stat; exit 1; fi

.PHONY: check
check: lint generated check-darwin race ## everything but the tests: lint, generated, check-darwin and race
	@echo "check: all is well"

# The package with cgo is replaced by its declarations: see internal/darwincheck.
.PHONY: check-darwin
check-darwin: ## type-check for macOS, on any host and without its compiler
	@CGO_ENABLED=0 $(GO) run ./internal/darwincheck

# Builds x86's part of the engine again, and once more afterwards: minutes, so that nothing else runs it.
.PHONY: check-soft
check-soft: ## AVX as hosts without it compute it, against the host's processor
	@NBEMU_ENGINE_DEFINES=NB_SOFT_AVX $(MAKE) engine
	@NBEMU_ENGINE_DEFINES=NB_SOFT_AVX $(GO) test -count=1 ./cpu -run 'VEX|XSave|Gather|SSE'; r=$$?; $(MAKE) engine && exit $$r

.PHONY: bench
bench: build ## compare with qemu-user and native speed [ARCH=amd64] [FLAGS="-n 5 -run regexp -json file"]
	@$(GO) run ./internal/bench -arch $(ARCH) $(FLAGS)

.PHONY: bench-programs
bench-programs: build ## real programs: processor time against qemu-user and native, into docs/results [ARCH=amd64] [FLAGS="-n 5 -run http -root DIR"]
	@$(GO) run ./internal/bench -programs -arch $(ARCH) -n 3 -json docs/results/programs-ARCH.json $(FLAGS)

.PHONY: bench-afl
bench-afl: build ## afl-fuzz's runs a second with nbemu, and with AFL++'s QEMU mode if AFL_PATH has it, into docs/results [FLAGS="-seconds 10"]
	@$(GO) run ./internal/aflbench -json docs/results/afl.json -md docs/results/afl.md $(FLAGS)

.PHONY: bench-all
bench-all: build ## the same on every architecture, one after another, into docs/results; "make readme" then shows it
	@$(GO) run ./internal/bench -arch all -n 3 -json docs/results/bench-ARCH.json $(FLAGS)

.PHONY: fuzz-exec
fuzz-exec: build ## look for files that exec gets wrong [FLAGS="-seconds 60 -seed 2 -o dir"]
	bin/nbemu fuzz exec $(FLAGS)

.PHONY: fuzz-coverage
fuzz-coverage: engine ## the same, led by what of the exec path a case reaches: Go's fuzzing engine [FLAGS="-fuzztime 60s"]
	$(GO) test ./arch/all -run '^$$' -fuzz FuzzExec $(FLAGS)

.PHONY: torture
torture: build ## attack nbemu without end [FLAGS="-minutes 30 -seed N -arch all -report"]; findings come into torture-findings
	@$(GO) run ./internal/torture $(FLAGS)

.PHONY: conformance-go
conformance-go: build ## tests of the Go standard library, under nbemu and natively [ARCH=amd64] [PKGS="os net/..."] [FLAGS=-help]
	@$(GO) run ./internal/conformance -arch $(ARCH) $(FLAGS) $(PKGS)

.PHONY: conformance
conformance: build ## processes, threads and signals case by case on every architecture; writes docs/CONFORMANCE.md [FLAGS="-arch mips -prog sigs"]
	@$(GO) run ./internal/posixtest $(FLAGS)

.PHONY: suite
suite: build ## the programs of testdata/arch on all machines as one suite; writes docs/results/suite.html [FLAGS="-arch mips"]
	@$(GO) run ./internal/archsuite $(FLAGS)

.PHONY: esbuild
esbuild: build ## compare npm's NetBSD build of esbuild with the host's, byte for byte [ARCH=amd64]
	@$(GO) run ./internal/esbuild -arch $(ARCH) $(FLAGS)

.PHONY: readme
readme: ## rewrite README.md's tables from docs/results and docs/SYSCALLS.md
	@$(GO) run ./internal/readme

# Where things come to lie, as GNU's and BSD's makefiles have it. zsh looks in site-functions by itself.
PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
.PHONY: install
install: ## install bin/nbemu, nbemu(1) and completions for shells; builds nothing but what is missing [PREFIX=/usr/local DESTDIR=]
	@test -x bin/nbemu || $(MAKE) build
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(BASHDIR)" "$(DESTDIR)$(ZSHDIR)" "$(DESTDIR)$(FISHDIR)"
	install -m 755 bin/nbemu "$(DESTDIR)$(PREFIX)/bin/nbemu"
	bin/nbemu help man >"$(DESTDIR)$(MANDIR)/man1/nbemu.1"
	bin/nbemu completion bash >"$(DESTDIR)$(BASHDIR)/nbemu"
	bin/nbemu completion zsh >"$(DESTDIR)$(ZSHDIR)/_nbemu"
	bin/nbemu completion fish >"$(DESTDIR)$(FISHDIR)/nbemu.fish"

# zig is the compiler for macOS: ZIG=/path/to/zig. docs/DIST.md has the rest.
DIST ?= linux/amd64,linux/arm64,darwin/arm64,darwin/amd64
ZIG  ?= zig
.PHONY: dist
dist: build ## archives and Debian packages of releases, into dist/ [DIST=linux/amd64,darwin/arm64 ZIG=zig]
	@$(GO) run ./internal/dist -for $(DIST) -zig $(ZIG)

.PHONY: check-arm64
check-arm64: ## the fast part of the tests as on Linux/arm64, under qemu-aarch64 [FLAGS="-run Step ./cpu"]
	@$(GO) run ./internal/dist -test linux/arm64 -- -short $(or $(FLAGS),./abi ./mem ./cpu ./execve ./kern)

.PHONY: uninstall
uninstall: ## take away what install has put there
	rm -f "$(DESTDIR)$(PREFIX)/bin/nbemu" "$(DESTDIR)$(MANDIR)/man1/nbemu.1" "$(DESTDIR)$(BASHDIR)/nbemu" \
		"$(DESTDIR)$(ZSHDIR)/_nbemu" "$(DESTDIR)$(FISHDIR)/nbemu.fish"

.PHONY: clean
clean: ## remove what was built (the engine stays in the cache)
	rm -rf bin testdata/build cpu/zz_lib.go

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
