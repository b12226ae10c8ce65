// One piece of a gathered write, laid out as the kernel's struct iovec, so
// that who collects the pieces needs no system header.
#pragma once

#include <cstddef>

namespace rivulet::os {

struct ConstBuffer {
  const void* data;
  size_t size;
};

}  // namespace rivulet::os
