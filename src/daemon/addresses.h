// The values of `listen`, `admin-listen` and what goes with them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rivulet::daemon {

// Addresses as the operator has written them (os/address.h).
using Addresses = std::vector<std::string>;

// Reads "127.0.0.1:3000, unix:/run/rivulet.sock": at least one. Throws
// OptionError with what is wrong, and with which of them when there are
// several.
[[nodiscard]] Addresses parse_addresses(std::string_view value);

// The reverse: what parse_addresses() reads as the same.
[[nodiscard]] std::string join(const Addresses& addresses);

// `addresses` with `port` in place of theirs. Unix sockets stay as they are;
// throws OptionError when there is nothing else.
[[nodiscard]] Addresses with_port(const Addresses& addresses, uint16_t port);

// Throws OptionError when two of `addresses`, or one of them and one of
// `others`, are the same: it would be in use by ourselves. Port 0 is another
// port each time.
void check_distinct(const Addresses& addresses, const Addresses& others = {});

// Reads the mode of a file as chmod(1) takes it, "660" or "0660". Throws
// OptionError.
[[nodiscard]] unsigned parse_mode(std::string_view value);

}  // namespace rivulet::daemon
