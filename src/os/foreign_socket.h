// A socket that a library has opened and will close, made fit for the reactor.
#pragma once

#include "os/unique_fd.h"

namespace rivulet::os {

// A second descriptor of what `fd` is one of. The reactor watches this one, for
// it must close in no other moment than at its handler's burial (os/reactor.h).
// The library must close its own in that turn at the latest: the socket stays
// in the epoll set until both are closed (epoll(7), questions and answers).
// Neither is inherited by a program that we start. Invalid when there is none
// left.
//
// A library that writes with write(2) would end the process when the peer is
// gone: from the first call on SIGPIPE is ignored, and it gets an error.
[[nodiscard]] UniqueFd watchable_copy(int fd);

}  // namespace rivulet::os
