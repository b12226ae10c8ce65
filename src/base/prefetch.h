// Asks memory for an object before it is needed, and does not wait for it.
//
// A broadcast comes by far more objects than the processor's caches hold, and
// each that has to be waited for costs some 100 ns: as much as everything else
// that is done with it.
#pragma once

namespace rivulet::base {

// The first cache line from `object` on and the third: what a delivery needs of
// a stream (server/stream.h). Any address will do, and one without memory
// behind it costs little.
inline void prefetch(const void* object) {
  constexpr int kTwoLines = 128;
  __builtin_prefetch(object, 1);
  __builtin_prefetch(static_cast<const char*>(object) + kTwoLines, 1);
}

}  // namespace rivulet::base
