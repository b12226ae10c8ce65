// The manual page, rivulet(8), made from the table of options.
#pragma once

#include <string>

namespace rivulet::daemon {

// In mdoc(7): `rivulet --man | man -l -` shows it.
[[nodiscard]] std::string manual_text();

}  // namespace rivulet::daemon
