// The command line after it has been read: everybody on the machine sees it in
// `ps`, so what is secret there is blotted out.
#pragma once

#include <span>

namespace rivulet::daemon {

// Overwrites the values of secret options in the process's own arguments
// (proc(5), cmdline: the kernel shows that memory). For a moment after the
// start they could be seen: a file is the better place.
void blot_out_secrets(std::span<char*> arguments);

}  // namespace rivulet::daemon
