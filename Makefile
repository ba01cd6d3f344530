# mt - music tagging as Unix filters. `make help` lists the targets.
# User variables are only added to: CC CFLAGS CPPFLAGS LDFLAGS LDLIBS PREFIX DESTDIR
-include config.mk
PREFIX ?= /usr/local
BUILD ?= build
VERSION = 0.1.0

PKGS = libavformat libavcodec libavutil libswresample soxr fftw3f sqlite3 \
       libzstd libdeflate jansson libutf8proc hdf5
DEB_PKGS = gcc libc6-dev make pkg-config libavformat-dev libavcodec-dev libavutil-dev \
       libswresample-dev libsoxr-dev libfftw3-dev libsqlite3-dev libzstd-dev \
       libdeflate-dev libhdf5-dev libdnnl-dev libopenblas-dev libjansson-dev libutf8proc-dev \
       libcmocka-dev perl mandoc universal-ctags
MODELS = msd-musicnn msd-vgg mtt-musicnn mtt-vgg
DEMO_PKGS = fluidsynth timgm6mb-soundfont lame

WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
       -Wmissing-prototypes -Wvla -Werror=implicit
MT_CFLAGS = -std=c11 -O2 -g $(WARN) $(SAN) $(CFLAGS)
MT_CPPFLAGS = -D_GNU_SOURCE -Icommon $(PKG_CFLAGS) $(CPPFLAGS)
OMP = -fopenmp
MT_LDFLAGS = -Wl,--as-needed $(SAN) $(LDFLAGS)
MT_LIBS = $(PKG_LIBS) -ldnnl -lopenblas -lm -pthread $(LDLIBS)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

LIB_SRC = $(sort $(foreach d,* */* */*/* */*/*/*,$(wildcard common/$(d)/*.c)))
TOOL_SRC = $(sort $(wildcard tools/mt-*.c))
UNIT_SRC = $(sort $(wildcard tests/unit/test_*.c))
FUZZ_SRC = $(sort $(wildcard tests/fuzz/fuzz_*.c))
BENCH_SRC = $(sort $(wildcard tests/bench/bench_*.c))
GEN_SRC = $(sort $(wildcard tests/bench/gen_*.c))
NETS = $(sort $(wildcard common/nn/graph/nets/*.json))
RULES = $(sort $(wildcard common/tags/rules/*.rules))
FAMILIES = $(sort $(wildcard common/import/families/*.map))
TAGLISTS = $(sort $(wildcard common/import/taglists/*.txt))
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/nets.o $(BUILD)/obj/rules.o \
	  $(BUILD)/obj/families.o $(BUILD)/obj/taglists.o
TOOLS = $(TOOL_SRC:tools/%.c=$(BUILD)/bin/%)
UNITS = $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/%)
REPLAYS = $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/tests/replay_%)
BENCHES = $(BENCH_SRC:tests/bench/%.c=$(BUILD)/tests/%)
EXAMPLES = $(patsubst examples/%.c,$(BUILD)/examples/%,$(sort $(wildcard examples/*.c)))
HELPERS = $(BUILD)/tests/damage $(BUILD)/tests/spoil $(BUILD)/tests/craft \
	  $(BUILD)/tests/inject.so $(EXAMPLES) \
	  $(BUILD)/pipelines/mini \
	$(GEN_SRC:tests/bench/%.c=$(BUILD)/tests/%)

.PHONY: all check check-all check-asan check-tsan check-valgrind lint demo deps demo-deps \
	fuzz bench peers models install-models install uninstall clean help tests FORCE
.DELETE_ON_ERROR:

all: $(TOOLS) ## build the programs into build/bin

$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(MT_CFLAGS) $(OMP) $(MT_CPPFLAGS) $(MT_LDFLAGS)' | cmp -s - $@ || \
	 echo '$(CC) $(MT_CFLAGS) $(OMP) $(MT_CPPFLAGS) $(MT_LDFLAGS)' > $@

# Where installed models are looked up; a make with another PREFIX compiles it anew.
$(BUILD)/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@
$(BUILD)/obj/common/base/datadir.o: $(BUILD)/prefix
$(BUILD)/obj/common/base/datadir.o: MT_CPPFLAGS += -DMT_PREFIX='"$(PREFIX)"'

# Texts that are built in, each as a C string, a line of the file a line of the
# string: $(1) header, $(2) name of the array, $(3) files, $(4) their ending
define embed
	@mkdir -p $(@D)
	@{ echo '#include "$(1)"'; \
	   echo 'const $(2)[] = {'; \
	   for f in $(3); do echo "{\"$$(basename $$f .$(4))\","; \
	     sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $$f; echo '},'; done; \
	   echo '{0}};'; } > $@
endef
$(BUILD)/gen/nets.c: $(NETS) Makefile
	$(call embed,nn/graph/net.h,struct mt_net_builtin mt_net_builtin,$(NETS),json)
$(BUILD)/gen/rules.c: $(RULES) Makefile
	$(call embed,tags/clean/rules.h,struct mt_rules_builtin mt_rules_builtin,$(RULES),rules)
$(BUILD)/gen/families.c: $(FAMILIES) Makefile
	$(call embed,import/family.h,struct mt_text_builtin mt_family_builtin,$(FAMILIES),map)
$(BUILD)/gen/taglists.c: $(TAGLISTS) Makefile
	$(call embed,import/family.h,struct mt_text_builtin mt_taglist_builtin,$(TAGLISTS),txt)

$(BUILD)/obj/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	$(CC) $(MT_CFLAGS) $(MT_CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/common/nn/%: OPT = -O3 $(OMP)
$(BUILD)/obj/common/model/%: OPT = -O3 $(OMP)
$(BUILD)/obj/common/train/%: OPT = -O3 $(OMP)
$(BUILD)/obj/common/dsp/%: OPT = -O3
$(BUILD)/obj/common/audio/%: OPT = -O3
$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(MT_CFLAGS) $(OPT) $(MT_CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libmt.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

define link
	@mkdir -p $(@D)
	$(CC) $(MT_CFLAGS) $(MT_CPPFLAGS) $(OMP) $(MT_LDFLAGS) -o $@ $^ $(EXTRA) $(MT_LIBS)
endef
$(BUILD)/bin/%: $(BUILD)/obj/tools/%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/bin/mt-predict: $(BUILD)/obj/tools/mt-predict.o $(BUILD)/obj/tools/predict_in.o \
		$(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/test_%: $(BUILD)/obj/tests/unit/test_%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/test_%: EXTRA = -lcmocka
$(BUILD)/tests/bench_%: $(BUILD)/obj/tests/bench/bench_%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/gen_%: $(BUILD)/obj/tests/bench/gen_%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/replay_%: $(BUILD)/obj/tests/fuzz/%.o \
		$(BUILD)/obj/tests/fuzz/onefile.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/fuzz/%: EXTRA = -fsanitize=fuzzer -lgomp
$(BUILD)/tests/damage: $(BUILD)/obj/tests/lib/damage.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/spoil: $(BUILD)/obj/tests/lib/spoil.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/craft: $(BUILD)/obj/tests/lib/craft.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/pipelines/mini: $(BUILD)/obj/pipelines/msd-lastfm/mini.o \
		$(BUILD)/obj/pipelines/msd-lastfm/minisound.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/inject.so: tests/lib/inject.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O1 $(WARN) -fPIC -shared -o $@ $< -ldl

tests: all $(UNITS) $(REPLAYS) $(HELPERS)

demo: demo-deps ## install missing packages, build, train on rendered music, tag
	@$(MAKE) --no-print-directory -j$$(nproc) all $(EXAMPLES)
	@MT_BUILD=$(BUILD) sh examples/demo.sh

check: deps ## install missing packages, build, lint, run every test
	@$(MAKE) --no-print-directory -j2 tests
	@$(MAKE) --no-print-directory check-all

check-all: tests
	@MT_BUILD=$(BUILD) sh tests/run.sh

lint: all ## include arrows, sizes, banned functions, manual pages
	@MT_BUILD=$(BUILD) sh tests/lint/lint.sh

check-asan: ## the same tests under the address and undefined-behaviour sanitizers
	@LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lib/lsan.supp:print_suppressions=0 \
	 STRIDE=97 MT_INJECT_MAX=9 $(MAKE) --no-print-directory BUILD=build/asan \
	 SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer' \
	 check-all
# The sanitizer does not see libgomp's barriers: loops run on one thread there,
# and the nets' unit tests, whose only threads are such loops, are left out.
check-tsan: ## the same tests under the thread sanitizer
	@STRIDE=97 MT_INJECT_MAX=9 OMP_NUM_THREADS=1 MT_SKIP='test_nn_engine test_nn_ops test_nn_ref test_flush' \
	 TSAN_OPTIONS=suppressions=$(CURDIR)/tests/lib/tsan.supp:halt_on_error=1 \
	 $(MAKE) --no-print-directory BUILD=build/tsan SAN=-fsanitize=thread \
	 OMP='-Wno-unknown-pragmas -lgomp' check-all
check-valgrind: ## unit tests, fuzz corpora and a run of every program under valgrind
	@sh tests/lib/deps.sh $(DEB_PKGS) valgrind
	@$(MAKE) --no-print-directory -j2 tests
	@MT_BUILD=$(BUILD) sh tests/lib/valgrind.sh

fuzz: ## fuzz every reader for FUZZ_SECONDS (3600) each, with clang
	@sh tests/lib/deps.sh $(DEB_PKGS) clang libclang-rt-14-dev llvm
	@$(MAKE) --no-print-directory CC=clang BUILD=build/fuzz \
	 OMP=-Wno-unknown-pragmas \
	 SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer' \
	 $(FUZZ_SRC:tests/fuzz/%.c=build/fuzz/fuzz/%)
	@MT_BUILD=build/fuzz sh tests/fuzz/fuzz.sh

bench: all $(BENCHES) ## ratios against the peers and the physical limits
	@MT_BUILD=$(BUILD) sh tests/bench/bench.sh

deps: ## install the Debian packages that are missing
	@sh tests/lib/deps.sh $(DEB_PKGS)
demo-deps:
	@sh tests/lib/deps.sh $(DEB_PKGS) $(DEMO_PKGS)

models: deps ## make models of musicnn's four taggers, which pip downloads, in build/models
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@MT_BUILD=$(BUILD) sh pipelines/models.sh

install-models: ## install the models that make models made
	@ls $(BUILD)/models/*.safetensors >/dev/null 2>&1 || { \
		echo 'make install-models: no models in $(BUILD)/models; run make models first' >&2; \
		exit 1; }
	install -d $(DESTDIR)$(PREFIX)/share/mt/models
	install -m 644 $(BUILD)/models/*.safetensors $(DESTDIR)$(PREFIX)/share/mt/models

peers: ## Python environment for reference values and benches, in .peers
	python3 -m venv .peers
	.peers/bin/pip install -q torch torchaudio librosa scikit-learn \
		onnxruntime safetensors pandas soundfile mutagen h5py

install: all ## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install $(TOOLS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(BUILD)/libmt.a $(DESTDIR)$(PREFIX)/lib
	for h in $$(cd common && find . -name '*.h' | sed 's:^\./::'); do \
		install -D -m 644 common/$$h $(DESTDIR)$(PREFIX)/include/mt/$$h; done
	for n in $(NETS); do install -D -m 644 $$n \
		$(DESTDIR)$(PREFIX)/share/mt/nets/$${n##*/}; done
	for n in $(RULES); do install -D -m 644 $$n \
		$(DESTDIR)$(PREFIX)/share/mt/rules/$${n##*/}; done
	for e in examples/mtrec.py examples/tag.c examples/my-tags.sh; do install -D -m 644 $$e \
		$(DESTDIR)$(PREFIX)/share/mt/$$e; done
	for m in man/*.[1-8]; do install -D -m 644 $$m \
		$(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m#man/}; done
	for t in $(notdir $(TOOLS)); do install -m 644 tools/completion/mt.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$t; done
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@PKGS@|$(PKGS)|' common/mt.pc.in \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/mt.pc

uninstall: ## remove what install and install-models installed
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(notdir $(TOOLS)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/bash-completion/completions/,$(notdir $(TOOLS)))
	for m in man/*.[1-8]; do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m#man/}; done
	rm -rf $(DESTDIR)$(PREFIX)/lib/libmt.a $(DESTDIR)$(PREFIX)/lib/pkgconfig/mt.pc \
		$(DESTDIR)$(PREFIX)/include/mt $(addprefix $(DESTDIR)$(PREFIX)/share/mt/,nets rules examples)
	for m in $(MODELS); do rm -f $(DESTDIR)$(PREFIX)/share/mt/models/$$m.safetensors; done
	for d in share/mt/models share/mt; do rmdir $(DESTDIR)$(PREFIX)/$$d 2>/dev/null; done; true

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
