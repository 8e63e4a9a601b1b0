# Kappa: every target works on a fresh Debian machine with Swift 6.3.
.PHONY: deps demo data test sanitize examples experiments bench turns fuzz format lint docs clean

SWIFT ?= swift
BUILD = $(SWIFT) build -c release
FORMATTED = Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources Fuzz/Package.swift Fuzz/Sources
# What Kappa needs; and what it does without: pictures, and some speed (convolutions).
PACKAGES = libopenblas-dev liblapacke-dev
OPTIONAL_PACKAGES = gnuplot-nox libdnnl-dev

# Installs what is missing; does nothing, quickly, when all is there.
deps:
	@sh Scripts/install-packages.sh $(PACKAGES)
	@sh Scripts/install-packages.sh --optional $(OPTIONAL_PACKAGES)

# The CURVES autoencoder with SGD, RMSProp, Jacobi and ESGD; pictures and numbers in out/demo.
demo: deps
	$(SWIFT) run -c release autoencoder demo

# Fashion-MNIST, 60,000 training images, as Debian packages it.
data:
	@sh Scripts/install-packages.sh dataset-fashion-mnist

# The whole suite; what failed stands last.
test: deps
	@sh Scripts/test.sh

# The suite under AddressSanitizer, ThreadSanitizer and UndefinedBehaviorSanitizer, each in a build of its own.
sanitize: deps
	@sh Scripts/sanitize.sh

# Every example's quick mode, and the packages outside the root.
examples: deps
	$(BUILD)
	$(SWIFT) run -c release Snippets
	$(SWIFT) run -c release autoencoder demo --quick --output out/quick
	$(SWIFT) run -c release autoencoder train --quick --optimizer rmsprop --output out/quick-train
	$(SWIFT) run -c release --package-path Benchmarks kappa-bench --rows '^overhead/' --min-time 0.05
	$(SWIFT) run -c release --package-path Benchmarks kappa-bench --floor --rows '^conv_forward/' --min-time 0.05
	FUZZ_SECONDS=5 sh Fuzz/run.sh

# Long runs, never part of CI: the learning-rate search behind the demo.
experiments: deps
	$(SWIFT) run -c release autoencoder search

# Ours, the bare products and, if PEERS names a Python that has them, the peers; one after another, with ratios.
#   make bench [THREADS=2] [ROWS=regex] [MIN_TIME=0.5] [PEERS=/path/to/python]
bench: deps
	@sh Benchmarks/side-by-side.sh

# Single rows, ours and the peers' in turns of a third of a second: for machines whose speed changes within a minute.
#   make turns [THREADS=2] [ROWS=regex] [PEERS=/path/to/python]
turns: deps
	$(SWIFT) build -c release --package-path Benchmarks --product kappa-bench
	$(or $(PEERS),../.peers-venv/bin/python) Benchmarks/in-turns.py --threads $(or $(THREADS),2) $(if $(ROWS),--rows '$(ROWS)')

# Feeds each reader of files with damaged ones for FUZZ_SECONDS, one reader after another; stops at the first that crashes.
#   make fuzz [FUZZ_SECONDS=600] [READERS="NumPy NumPyArchive Safetensors IDX"]
fuzz: deps
	@sh Fuzz/run.sh

format:
	$(SWIFT) format format --in-place --parallel --recursive $(FORMATTED)

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(FORMATTED)

# One documentation archive a module, in out/docs.
docs: deps
	@sh Scripts/build-docs.sh

clean:
	rm -rf .build Benchmarks/.build Fuzz/.build out
