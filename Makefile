# SPDX-License-Identifier: Apache-2.0
# Guichet. `make help` lists the targets; read from top to bottom.
#
# Options: SAN=1 (ASan and UBSan), CC=clang, DESTDIR, prefix, CFLAGS.

prefix ?= /usr/local
sysconfdir ?= /etc
B := build$(if $(SAN),-san)

APT_BUILD := gcc make pkg-config libevent-dev libssl-dev libpq-dev \
	libjansson-dev libjwt-dev libcurl4-openssl-dev libpcre2-dev libinih-dev \
	libsystemd-dev zlib1g-dev libp11-kit-dev
APT_DEMO := postgresql postgresql-client nodejs npm openssl ca-certificates
APT_TEST := $(APT_DEMO) libcmocka-dev pgbouncer clang libclang-rt-14-dev \
	golang-go golang-golang-x-mod-dev json-schema-test-suite chromium curl wrk nginx-light apache2-bin \
	python3-prometheus-client haproxy prometheus scdoc mandoc tinyproxy-bin softhsm2 opensc

APT_DEB := debhelper lintian scdoc mandoc nodejs

PKGS := libevent libevent_openssl openssl libpq jansson libjwt libcurl \
	libpcre2-8 inih libsystemd zlib p11-kit-1
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wno-missing-field-initializers \
	$(if $(CI),-Werror)
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SANFLAGS := $(if $(SAN),-fsanitize=address -fsanitize=undefined \
	-fno-omit-frame-pointer -U_FORTIFY_SOURCE)
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE $(CFLAGS) $(WARN) $(HARDEN) $(SANFLAGS) \
	-Igateway -I$(B) -DGUICHET_SHARE='"$(prefix)/share/guichet"' \
	$(PKG_CFLAGS)
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS = $(shell pkg-config --libs $(PKGS)) -lm

# `make V=1` shows whole commands
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $1	$(2:$(CURDIR)/%=%)")

ROOMS := base crypto db http catalogue synth journal consent push watch pages mail \
	routes serve commands
SRC := $(foreach r,$(ROOMS),$(wildcard gateway/$r/*.c))
OBJ := $(SRC:%.c=$(B)/%.o) $(B)/sql_table.o $(B)/assets.o $(B)/scripts.o
STATEMENTS := $(sort $(wildcard gateway/sql/*.sql))
MIGRATIONS := $(sort $(wildcard gateway/sql/migrations/*.sql))
ASSETS := $(sort $(wildcard gateway/pages/assets/*) $(wildcard gateway/pages/po/*.po))
SCRIPTS := $(sort $(wildcard gateway/journal/export/*))

.PHONY: all reference man deb help deps test-deps demo check check-slow unit tools fuzzers bench bench-journal bench-bare fuzz lint format \
	install clean
.DELETE_ON_ERROR:

all: $(B)/guichet	## build the program (the default)

help:			## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
	    sed 's/:.*## /\t/' | expand -t 16

# ---- what the machine lacks -------------------------------------------------

deps: build/.deps-build		## install what the build needs (Debian)
test-deps: build/.deps-test	## and what the tests need

build/.deps-build: Makefile
	@$(if $(NO_DEPS),:,deploy/apt-missing $(APT_BUILD))
	@mkdir -p build && touch $@
build/.deps-demo: build/.deps-build deploy/demo/package-lock.json
	@deploy/apt-missing $(APT_DEMO)
	@deploy/npm-missing deploy/demo
	@touch $@
build/.deps-test: build/.deps-demo tests/package-lock.json
	@deploy/apt-missing $(APT_TEST)
	@deploy/npm-missing tests
	@touch $@

# ---- the program ------------------------------------------------------------

$(B)/guichet: $(B)/gateway/main.o $(B)/libguichet.a
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -pie -o $@ $^ $(LDFLAGS) $(PKG_LIBS)

$(B)/libguichet.a: $(OBJ)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(B)/%.o: %.c $(B)/sql_names.h | build/.deps-build
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# SQL statements: one file each, one name each, built in.
$(B)/sql_names.h: $(STATEMENTS) Makefile
	@mkdir -p $(@D)
	@n=0; for f in $(STATEMENTS); do \
	    echo "#define SQL_$$(basename $$f .sql | tr a-z A-Z) (&sql_table[$$n])"; \
	    n=$$((n + 1)); done > $@; \
	echo "#define SQL_COUNT $$n" >> $@

$(B)/sql_table.S: $(STATEMENTS) $(MIGRATIONS) deploy/embed Makefile
	@mkdir -p $(@D)
	@deploy/embed sql $(STATEMENTS) -- $(MIGRATIONS) > $@
$(B)/sql_table.o: $(B)/sql_table.S
	$(call say,AS,$@)
	$(Q)$(CC) -c -o $@ $<

$(B)/assets.S: $(ASSETS) deploy/embed Makefile
	@mkdir -p $(@D)
	@deploy/embed assets $(ASSETS) > $@
# What every export of the journal carries along.
$(B)/scripts.S: $(SCRIPTS) deploy/embed Makefile
	@mkdir -p $(@D)
	@deploy/embed scripts $(SCRIPTS) > $@
$(B)/scripts.o: $(B)/scripts.S
	$(call say,AS,$@)
	$(Q)$(CC) -c -o $@ $<
$(B)/assets.o: $(B)/assets.S
	$(call say,AS,$@)
	$(Q)$(CC) -c -o $@ $<

# ---- trying it --------------------------------------------------------------

demo: build/.deps-demo all	## the whole way of a record; ONCE=1 takes the tour
	@deploy/node deploy/demo/demo.mjs $(if $(ONCE),--once)

check: build/.deps-test all unit tools fuzzers lint	## every test
	@deploy/node tests/run.mjs

check-slow: build/.deps-test all unit tools fuzzers	## the long suites
	@deploy/apt-missing debootstrap patroni etcd-server
	@deploy/node tests/run.mjs --slow

UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
unit: $(UNIT)
$(B)/unit/%: tests/unit/%.c $(B)/libguichet.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -pie -o $@ $< $(B)/libguichet.a \
	    $(LDFLAGS) $(PKG_LIBS) -lcmocka

TOOLS := $(patsubst tests/tools/%.c,$(B)/tools/%,$(wildcard tests/tools/*.c))
tools: $(TOOLS) $(B)/fault/guichet	## small programs that tests drive
$(B)/tools/%: tests/tools/%.c $(B)/libguichet.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -pie -o $@ $< $(B)/libguichet.a $(LDFLAGS) $(PKG_LIBS)

# The program with places to die (tests/fault), never installed.
MAY_DIE := db_ask http_ask fsync rename clock_us clock_s
$(B)/fault/guichet: tests/fault/failpoints.c $(B)/gateway/main.o $(B)/libguichet.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -pie -o $@ $^ $(MAY_DIE:%=-Wl,--wrap=%) \
	    $(LDFLAGS) $(PKG_LIBS)

# The fuzz targets are linked with the whole program, instrumented by clang.
FUZZ := $(patsubst tests/fuzz/%.c,build-fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_CC = clang -std=c17 -D_GNU_SOURCE -O1 -g -fsanitize=address,undefined \
	-Igateway -I$(B) -DGUICHET_SHARE='"$(prefix)/share/guichet"' \
	$(PKG_CFLAGS)
fuzzers: $(FUZZ)		## build the fuzz targets (clang)
build-fuzz/gateway/%.o: gateway/%.c $(B)/sql_names.h
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
build-fuzz/libguichet.a: $(SRC:%.c=build-fuzz/%.o) $(B)/sql_table.o $(B)/assets.o $(B)/scripts.o
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^
build-fuzz/%: tests/fuzz/%.c build-fuzz/libguichet.a
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer -o $@ $< build-fuzz/libguichet.a $(PKG_LIBS)

bench: build/.deps-test all tools	## the figures
	@deploy/node tests/bench/bench.mjs
bench-journal: build/.deps-test all tools	## the journal's figures, with LINES of it (a million)
	@deploy/node tests/bench/part_journal.mjs $(if $(LINES),--lines $(LINES))

# The program as if it had no journal, never installed: what does one cost?
NO_GATE := gate_new gate_admit gate_forget gate_note line_make
bench-bare: $(B)/bench/guichet-without-journal
$(B)/bench/guichet-without-journal: tests/bench/without_journal.c \
    $(B)/gateway/main.o $(B)/libguichet.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -pie -o $@ $^ $(NO_GATE:%=-Wl,--wrap=%) \
	    $(LDFLAGS) $(PKG_LIBS)

reference: all		## docs/reference from the program's own tables
	@deploy/node deploy/reference.mjs $(B)/guichet md docs/reference

man: $(B)/man/guichet.8		## manual pages and bash completion (scdoc)
$(B)/man/guichet.8: $(B)/guichet deploy/reference.mjs
	@rm -rf $(B)/man
	@deploy/node deploy/reference.mjs $(B)/guichet man $(B)/man
	@deploy/node deploy/reference.mjs $(B)/guichet bash $(B)/man/guichet.bash

lint: build/.deps-build		## rooms, gate, headers that stand alone
	@tests/lint

format:			## settle the layout
	@clang-format -i $(SRC) $(wildcard gateway/*/*.h)

install: all man	## into $(DESTDIR)$(prefix)
	install -D -m 755 $(B)/guichet $(DESTDIR)$(prefix)/bin/guichet
	@for f in schemas adapters; do \
	    find $$f -type f | while read -r p; do \
	        install -D -m 644 $$p $(DESTDIR)$(prefix)/share/guichet/$$p; done; done
	@for p in $(B)/man/*.[58]; do s=$${p##*.}; \
	    install -D -m 644 $$p $(DESTDIR)$(prefix)/share/man/man$$s/$${p##*/}; \
	    done
	@install -D -m 644 deploy/systemd/guichet.service \
	    $(DESTDIR)$(prefix)/lib/systemd/system/guichet.service
	@install -D -m 644 deploy/systemd/guichet-signer.service \
	    $(DESTDIR)$(prefix)/lib/systemd/system/guichet-signer.service
	@install -D -m 644 $(B)/man/guichet.bash \
	    $(DESTDIR)$(prefix)/share/bash-completion/completions/guichet

# The package is built from what is committed or about to be, in build/deb.
deb: all		## a Debian package, its SBOM and its sums, in build/deb
	@deploy/apt-missing $(APT_DEB)
	@deploy/deb

clean:			## forget everything built
	rm -rf build build-san build-fuzz

-include $(OBJ:.o=.d) $(SRC:%.c=build-fuzz/%.d)
