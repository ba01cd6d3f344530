# mt - music tagging as Unix filters. `make help` lists the targets.
# User variables are only added to: CC CFLAGS CPPFLAGS LDFLAGS LDLIBS PREFIX DESTDIR
# WITHOUT=onednn leaves the backend of that name out, and its library.
-include config.mk
PREFIX ?= /usr/local
BUILD ?= build
VERSION = 0.1.0
SOVERSION = 0

# Libraries, NAME:PACKAGE: a module of pkg-config, or a header, and Debian's package
DEPS = libavformat:libavformat-dev libavcodec:libavcodec-dev libavutil:libavutil-dev \
       libswresample:libswresample-dev soxr:libsoxr-dev fftw3f:libfftw3-dev \
       sqlite3:libsqlite3-dev libzstd:libzstd-dev libdeflate:libdeflate-dev \
       jansson:libjansson-dev libutf8proc:libutf8proc-dev hdf5:libhdf5-dev \
       cblas.h:libopenblas-dev $(if $(NO_ONEDNN),,dnnl.h:libdnnl-dev)
TEST_DEPS = cmocka:libcmocka-dev
PKGS = $(filter-out %.h,$(foreach d,$(DEPS),$(firstword $(subst :, ,$(d)))))
DEB_PKGS = gcc libc6-dev make pkg-config perl mandoc universal-ctags \
       $(foreach d,$(DEPS) $(TEST_DEPS),$(lastword $(subst :, ,$(d))))
MODELS = msd-musicnn msd-vgg mtt-musicnn mtt-vgg
DEMO_PKGS = fluidsynth timgm6mb-soundfont lame

WARN = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
       -Wmissing-prototypes -Wvla -Werror=implicit
# Hardening; empty variables switch it off, and the user's own flags come after these.
# Sanitizers and code without optimisation do not go with _FORTIFY_SOURCE.
HARDEN_CFLAGS ?= -fPIE -fstack-protector-strong
HARDEN_CPPFLAGS ?= $(if $(SAN)$(filter -O0 -fsanitize%,$(CFLAGS))$(findstring \
	_FORTIFY_SOURCE,$(CFLAGS) $(CPPFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN_LDFLAGS ?= -Wl,-z,relro,-z,now
HARDEN_PIE ?= -pie
# No folder of this machine in what is built
MAPS = -ffile-prefix-map=$(BUILD)=build -ffile-prefix-map=$(CURDIR)=.
# The library's objects go into libmt.so as well as into libmt.a
PIC = -fPIC -fno-semantic-interposition -fvisibility=hidden
OPT_CFLAGS = -std=c11 -O2 -g
MT_CFLAGS = $(WARN) $(MAPS) $(HARDEN_CFLAGS) $(OBJ) $(SAN) $(CFLAGS)
MT_CPPFLAGS = -D_GNU_SOURCE -Icommon $(if $(NO_ONEDNN),-DMT_NO_ONEDNN) \
	$(HARDEN_CPPFLAGS) $(PKG_CFLAGS) $(CPPFLAGS)
OMP = -fopenmp
MT_LDFLAGS = -Wl,--as-needed $(HARDEN_LDFLAGS) $(SAN) $(LDFLAGS)
NN_LIBS = $(if $(NO_ONEDNN),,-ldnnl) -lopenblas
MT_LIBS = $(PKG_LIBS) $(NN_LIBS) -lm -pthread $(LDLIBS)
NO_ONEDNN = $(filter onednn,$(WITHOUT))
# What they complain of is printed by have.sh, which runs before any compiler
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

LIB_SRC = $(filter-out $(if $(NO_ONEDNN),common/nn/dev/cpu/onednn/%), \
	  $(sort $(foreach d,* */* */*/* */*/*/*,$(wildcard common/$(d)/*.c))))
TOOL_SRC = $(sort $(wildcard tools/mt-*.c))
UNIT_SRC = $(sort $(foreach d,unit unit/* unit/*/*,$(wildcard tests/$(d)/test_*.c)))
FUZZ_SRC = $(sort $(wildcard tests/fuzz/fuzz_*.c))
BENCH_SRC = $(sort $(wildcard tests/bench/bench_*.c))
GEN_SRC = $(sort $(wildcard tests/bench/gen_*.c))
NETS = $(sort $(wildcard common/nn/graph/nets/*.json))
RULES = $(sort $(wildcard common/tags/rules/*.rules))
FAMILIES = $(sort $(wildcard common/import/families/*.map))
TAGLISTS = $(sort $(wildcard common/import/taglists/*.txt))
GEN_OBJ = $(addprefix $(BUILD)/obj/,nets.o rules.o families.o taglists.o)
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o) $(GEN_OBJ)
SO = $(BUILD)/libmt.so.$(VERSION)
PUBLIC = common/base/api.h $(sort $(shell grep -l '^MT_API_BEGIN' -r common --include='*.h'))
TOOLS = $(TOOL_SRC:tools/%.c=$(BUILD)/bin/%)
UNITS = $(foreach s,$(UNIT_SRC),$(BUILD)/tests/$(basename $(notdir $(s))))
CORPORA = $(patsubst tests/fuzz/corpus/%.tar,$(BUILD)/corpus/%/.made, \
	$(wildcard tests/fuzz/corpus/*.tar))
REPLAYS = $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/tests/replay_%)
BENCHES = $(BENCH_SRC:tests/bench/%.c=$(BUILD)/tests/%)
EXAMPLES = $(patsubst examples/%.c,$(BUILD)/examples/%,$(sort $(wildcard examples/*.c)))
HELPERS = $(BUILD)/tests/damage $(BUILD)/tests/spoil $(BUILD)/tests/craft \
	  $(BUILD)/tests/inject.so $(EXAMPLES) \
	  $(BUILD)/pipelines/mini \
	$(GEN_SRC:tests/bench/%.c=$(BUILD)/tests/%)

# Write $(1) to the target, if it is not there already
keep = echo '$(strip $(1))' | cmp -s - $@ || echo '$(strip $(1))' > $@

# FFmpeg's modules of pkg-config, which mt.pc does not require: see there
AV = $(filter libav% libsw%,$(PKGS))

.PHONY: all test-deps check check-all check-asan check-tsan check-valgrind check-build \
	lint demo deps demo-deps \
	fuzz bench peers models install-models install install-files uninstall clean help tests FORCE
.DELETE_ON_ERROR:

all: $(TOOLS) $(if $(SAN),,$(SO)) ## build the programs and the library into build

# Compiled with other flags before: compile again. Stops if a library is missing.
$(BUILD)/flags: FORCE
	@CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' sh tests/lib/have.sh $(DEPS)
	@mkdir -p $(@D)
	@$(call keep,$(CC) $(OPT_CFLAGS) $(MT_CFLAGS) $(PIC) $(OMP) $(MT_CPPFLAGS) \
		$(HARDEN_PIE) $(MT_LDFLAGS))

# The version, and where installed models are looked up
$(BUILD)/prefix: FORCE
	@mkdir -p $(@D)
	@$(call keep,$(PREFIX) $(VERSION))
$(BUILD)/obj/common/base/datadir.o $(BUILD)/obj/common/base/version.o: $(BUILD)/prefix
$(BUILD)/obj/common/base/datadir.o: private DEFS = -DMT_PREFIX='"$(PREFIX)"'
$(BUILD)/obj/common/base/version.o: private DEFS = -DMT_VERSION='"$(VERSION)"'

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

# The user's CFLAGS come last
define compile
	@mkdir -p $(@D)
	$(CC) $(OPT_CFLAGS) $(OPT) $(MT_CFLAGS) $(MT_CPPFLAGS) $(DEFS) -MMD -MP -c -o $@ $<
endef
$(GEN_OBJ): private OBJ = $(PIC)
$(BUILD)/obj/%.o: $(BUILD)/gen/%.c $(BUILD)/flags
	$(compile)

$(BUILD)/obj/common/%: private OBJ = $(PIC)
$(BUILD)/obj/tests/%: private DEFS = -Itests/lib
$(BUILD)/obj/common/nn/%: private OPT = -O3 $(OMP)
$(BUILD)/obj/common/model/%: private OPT = -O3 $(OMP)
$(BUILD)/obj/common/train/%: private OPT = -O3 $(OMP)
$(BUILD)/obj/common/dsp/%: private OPT = -O3
$(BUILD)/obj/common/audio/%: private OPT = -O3
$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	$(compile)

$(BUILD)/libmt.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcsD $@ $^
$(SO): $(LIB_OBJ)
	$(CC) $(OPT_CFLAGS) $(MT_CFLAGS) $(OMP) -shared -Wl,-soname,libmt.so.$(SOVERSION) \
		-Wl,-z,defs $(MT_LDFLAGS) -o $@ $^ $(MT_LIBS)

define link
	@mkdir -p $(@D)
	$(CC) $(OPT_CFLAGS) $(MT_CFLAGS) $(OMP) $(HARDEN_PIE) $(MT_LDFLAGS) -o $@ \
		$(filter %.o,$^) $(filter %.a,$^) $(EXTRA) $(MT_LIBS)
endef
$(BUILD)/bin/%: $(BUILD)/obj/tools/%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/bin/mt-predict: $(BUILD)/obj/tools/mt-predict.o $(BUILD)/obj/tools/predict_in.o \
		$(BUILD)/libmt.a
	$(link)
# tests/unit/ROOM/test_NAME.c becomes build/tests/test_NAME
$(foreach s,$(UNIT_SRC),$(eval $(BUILD)/tests/$(basename $(notdir $(s))): \
	$(s:%.c=$(BUILD)/obj/%.o)))
$(UNITS): private EXTRA = -lcmocka
$(UNITS): $(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/bench_%: $(BUILD)/obj/tests/bench/bench_%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/gen_%: $(BUILD)/obj/tests/bench/gen_%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/tests/replay_%: $(BUILD)/obj/tests/fuzz/%.o \
		$(BUILD)/obj/tests/fuzz/onefile.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/libmt.a
	$(link)
$(BUILD)/fuzz/%: private EXTRA = -fsanitize=fuzzer -lgomp
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
	$(CC) -std=c11 -D_GNU_SOURCE -O1 $(WARN) $(MAPS) -fPIC -shared -o $@ $< -ldl

tests: test-deps all $(UNITS) $(REPLAYS) $(CORPORA) $(HELPERS)
$(BUILD)/corpus/%/.made: tests/fuzz/corpus/%.tar
	@sh tests/fuzz/corpus.sh unpack $* $(@D)
	@touch $@
$(UNIT_SRC:%.c=$(BUILD)/obj/%.o): | test-deps
test-deps:
	@CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' sh tests/lib/have.sh $(TEST_DEPS)

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

check-build: tests ## other builds: without oneDNN, and two that must be the same
	@MT_BUILD=$(BUILD) prove -e sh tests/build/b-*.sh

fuzz: ## fuzz every reader for FUZZ_SECONDS (3600) each, with clang
	@sh tests/lib/deps.sh $(DEB_PKGS) clang libclang-rt-dev llvm
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
	@$(MAKE) --no-print-directory install-files
# What was built, as it is
install-files:
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install $(TOOLS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(BUILD)/libmt.a $(SO) $(DESTDIR)$(PREFIX)/lib
	ln -sf $(notdir $(SO)) $(DESTDIR)$(PREFIX)/lib/libmt.so.$(SOVERSION)
	ln -sf libmt.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/libmt.so
	for h in $(PUBLIC:common/%=%); do \
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
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' \
		-e 's|@PKGS@|$(filter-out $(AV),$(PKGS))|' \
		-e 's|@LIBS@|$(AV:lib%=-l%) $(NN_LIBS) -fopenmp -lm -pthread|' common/mt.pc.in \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/mt.pc

uninstall: ## remove what install and install-models installed
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(notdir $(TOOLS)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/bash-completion/completions/,$(notdir $(TOOLS)))
	for m in man/*.[1-8]; do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m#man/}; done
	rm -rf $(addprefix $(DESTDIR)$(PREFIX)/lib/,libmt.a libmt.so libmt.so.$(SOVERSION) \
		libmt.so.$(VERSION)) $(DESTDIR)$(PREFIX)/lib/pkgconfig/mt.pc \
		$(DESTDIR)$(PREFIX)/include/mt $(addprefix $(DESTDIR)$(PREFIX)/share/mt/,nets rules examples)
	for m in $(MODELS); do rm -f $(DESTDIR)$(PREFIX)/share/mt/models/$$m.safetensors; done
	for d in share/mt/models share/mt; do rmdir $(DESTDIR)$(PREFIX)/$$d 2>/dev/null; done; true

clean: ## remove what was built
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
