// tests/prelude.h for the unit tests.
#include <doctest/doctest.h>

#include "../prelude.h"
