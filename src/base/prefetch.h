// Asks memory for an object before it is needed, and does not wait for it.
//
// A broadcast comes by far more objects than the processor's caches hold, and
// each that has to be waited for costs some 100 ns: as much as everything else
// that is done with it.
#pragma once

#include <cstddef>

namespace rivulet::base {

// The first three cache lines from `object` on, which is what a stream has.
// Any address will do, and one without memory behind it costs little.
inline void prefetch(const void* object) {
  constexpr size_t kBytes = 192;
  constexpr size_t kCacheLine = 64;
  for (size_t at = 0; at < kBytes; at += kCacheLine) {
    __builtin_prefetch(static_cast<const char*>(object) + at, 1);
  }
}

}  // namespace rivulet::base
