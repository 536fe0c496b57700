# What there is to run. The logic is in scripts/.

.PHONY: demo test test-matrix bench setup fmt lint second-opinion npm-install

demo:
	@scripts/setup.sh build
	cargo run --release --locked -p enact -- demo

test: setup
	scripts/test.sh

test-matrix: setup
	scripts/test-matrix.sh

bench: setup
	scripts/bench.sh

setup:
	@scripts/setup.sh

fmt:
	cargo fmt --all

lint: setup
	scripts/lint.sh

second-opinion: setup
	scripts/second-opinion.sh

npm-install: setup
	scripts/npm-install.sh
