# Where llhttp comes from. Debian trixie and Ubuntu 24.04 package the library
# (libllhttp-dev); Debian bookworm has its sources in node-llhttp, and the build
# compiles them. Sets LLHTTP_CFLAGS, LLHTTP_LIBS and LLHTTP_SOURCES.
LLHTTP_SOURCE_DIR := /usr/share/llhttp

ifneq ($(wildcard $(LLHTTP_SOURCE_DIR)/llhttp.c),)
  LLHTTP_CFLAGS := -isystem /usr/share/include/llhttp
  LLHTTP_LIBS :=
  LLHTTP_SOURCES := $(addprefix $(LLHTTP_SOURCE_DIR)/,api.c http.c llhttp.c)
else
  LLHTTP_CFLAGS :=
  LLHTTP_LIBS := -lllhttp
  LLHTTP_SOURCES :=
endif
