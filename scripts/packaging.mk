# `make install`, the Debian package and the release binary; part of Makefile.
#
# make install PREFIX=/usr DESTDIR=/tmp/root puts the files below /tmp/root, and
# what they say of each other is true once that is the root.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
# Its symbols are ten times the program; `make install STRIP=` keeps them.
STRIP ?= -s

UNITS := $(wildcard scripts/systemd/*)
INSTALLED_PROGRAM = $(DESTDIR)$(SBINDIR)/rivulet
INSTALLED_MANUAL = $(DESTDIR)$(MANDIR)/man8/rivulet.8.gz
INSTALLED_CONFIG = $(DESTDIR)$(SYSCONFDIR)/rivulet/rivulet.conf
INSTALLED_UNITS = $(addprefix $(DESTDIR)$(UNITDIR)/,$(notdir $(UNITS)))

$(BUILD)/rivulet.conf: $(BUILD)/rivulet
	@$< --default-config > $@

install: install-program install-config install-units  ## Install into PREFIX=/usr/local and /etc (below DESTDIR=)

install-program: $(BUILD)/rivulet $(BUILD)/rivulet.8
	install -d $(dir $(INSTALLED_PROGRAM)) $(dir $(INSTALLED_MANUAL))
	install $(STRIP) -m 755 $(BUILD)/rivulet $(INSTALLED_PROGRAM)
	gzip -9n < $(BUILD)/rivulet.8 > $(INSTALLED_MANUAL)
	chmod 644 $(INSTALLED_MANUAL)

# What the operator has written stays.
install-config: $(BUILD)/rivulet.conf
	install -d $(dir $(INSTALLED_CONFIG))
	test -e $(INSTALLED_CONFIG) || install -m 644 $< $(INSTALLED_CONFIG)

install-units:
	install -d $(DESTDIR)$(UNITDIR)
	for unit in $(UNITS); do \
	  sed -e 's|/usr/sbin/rivulet|$(SBINDIR)/rivulet|' -e 's|/etc/rivulet/|$(SYSCONFDIR)/rivulet/|' \
	    "$$unit" > $(DESTDIR)$(UNITDIR)/"$${unit##*/}" && \
	  chmod 644 $(DESTDIR)$(UNITDIR)/"$${unit##*/}" || exit 1; \
	done

uninstall: $(BUILD)/rivulet.conf  ## Remove what was installed; a changed rivulet.conf stays
	rm -f $(INSTALLED_PROGRAM) $(INSTALLED_MANUAL) $(INSTALLED_UNITS)
	if cmp -s $(BUILD)/rivulet.conf $(INSTALLED_CONFIG); then rm $(INSTALLED_CONFIG); fi
	if [ -d $(dir $(INSTALLED_CONFIG)) ]; then rmdir --ignore-fail-on-non-empty $(dir $(INSTALLED_CONFIG)); fi

deb:  ## Build the Debian package, build/deb/rivulet_VERSION_ARCHITECTURE.deb
	@scripts/deps.sh deb
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@scripts/deb/build

deb-check: deb  ## Install and purge that package in a bare Debian (as root; fetches it)
	@scripts/deb/check

release:  ## The stripped binary that needs no library, build/static/rivulet
	@$(MAKE) --no-print-directory -j$(shell nproc) VARIANT=static all
	@scripts/release-facts build/static/rivulet

.PHONY: install install-program install-config install-units uninstall deb deb-check release
