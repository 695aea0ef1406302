# The usual ways through the project. Each target installs the packages that it needs (packages.txt) where that is
# allowed, otherwise it names them and stops.
#
#   make demo        build, convert the shipped detector, check it, draw boxes on a picture
#   make test        build, run all tests
#   make check-long  the tests, then fuzzing at length, the sanitizers, builds for Arm and their tests under qemu
#   make bench       time Plumb and other runtimes in turn, write bench/results/ (needs the shared models; docs/speed.md);
#                    a part: BENCH_ONLY=yunet-320,yolox-nano-416 BENCH_PARTS=int8,layers BENCH_ROUNDS=2;
#                    BENCH_ADD=1 puts the part into bench/results, beside what an earlier run found there
#   make format      clang-format over all sources
#   make wheel       wheels of the Python packages plumb and plumb-rknn into build/wheels
#   make install     PREFIX=/usr/local DESTDIR=

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
BUILD := build/release
PLUMB := $(BUILD)/bin/plumb
export PLUMB_SHARED ?= $(abspath ../shared)
export PLUMB_JUDGE_PYTHON ?= $(abspath build/venv/bin/python)

.PHONY: demo test check-long bench format wheel install clean build configure

demo:
	@tools/need.sh build
	@$(MAKE) --no-print-directory build GOAL=plumb
	@PLUMB=$(PLUMB) examples/shapes_detector/demo.sh build/demo

test:
	@tools/need.sh build test
	@tools/test_venv.sh
	@$(MAKE) --no-print-directory build TESTS=ON
	ctest --test-dir $(BUILD) -j $(JOBS) -LE long --output-on-failure

check-long:
	@tools/need.sh build test check-long
	@tools/test_venv.sh
	@$(MAKE) --no-print-directory build TESTS=ON
	PLUMB_LONG=1 PLUMB_REQUIRE_BROWSER=1 ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure
	cmake --preset asan
	cmake --build build/asan -j $(JOBS) --target unit_tests
	ASAN_OPTIONS=detect_leaks=1 LSAN_OPTIONS=suppressions=$(CURDIR)/tools/lsan.supp:print_suppressions=0 \
	  ctest --test-dir build/asan -j $(JOBS) -L unit -LE 'slow|long' --output-on-failure
	cmake --preset tsan
	cmake --build build/tsan -j $(JOBS) --target unit_tests
	ctest --test-dir build/tsan -j $(JOBS) -L unit -LE 'slow|long' --output-on-failure
	cmake --preset aarch64
	cmake --build build/aarch64 -j $(JOBS)
	cmake --preset armv7
	cmake --build build/armv7 -j $(JOBS)
	tools/emulated_tests.sh build/aarch64 cortex-a57 max
	tools/emulated_tests.sh build/armv7 cortex-a15
	python3 tests/models/same_bits.py $(PLUMB) --runner $(BUILD)/bin/record_hashes \
	  --aarch64 build/aarch64/bin/record_hashes --armv7 build/armv7/bin/record_hashes

bench:
	@tools/need.sh build test bench
	@tools/bench_venv.sh
	@$(MAKE) --no-print-directory build GOAL=plumb
	$(PLUMB) bench --compare $(if $(BENCH_ONLY),--only $(BENCH_ONLY)) $(if $(BENCH_PARTS),--parts $(BENCH_PARTS)) \
	  $(if $(BENCH_ROUNDS),--rounds $(BENCH_ROUNDS)) $(if $(BENCH_ADD),--add)

format:
	@tools/need.sh format
	git ls-files '*.cc' '*.h' | xargs clang-format -i

wheel:
	@tools/need.sh build test
	@tools/test_venv.sh
	@$(MAKE) --no-print-directory build GOAL=plumb_python
	@tools/wheel.sh

install:
	@tools/need.sh build
	@$(MAKE) --no-print-directory build
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

clean:
	rm -rf build

# Not for use by hand. A first build without TESTS=ON leaves the tests out, so that it needs none of their packages; later
# ones keep what the folder was configured with.
GOAL ?= all
TESTS ?= $(if $(wildcard $(BUILD)/CMakeCache.txt),,OFF)
build: configure
	cmake --build $(BUILD) -j $(JOBS) --target $(GOAL)

configure:
	@mkdir -p build
	@report=; python3 tools/fetch_echarts.py --possible || { report=-DPLUMB_REPORT=OFF; \
	  echo "no npm and no configured npm registry: building without HTML reports (docs/how_to/report.md)" >&2; }; \
	cmake --preset release $(if $(TESTS),-DPLUMB_TESTS=$(TESTS)) $$report > $(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
