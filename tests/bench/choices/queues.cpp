// What waits for a stream (src/sse/output_queue.h): references to frames that
// all share, or a copy of their bytes.
#include <malloc.h>

#include <cstdlib>
#include <string>

#include "sse/output_queue.h"
#include "table.h"

namespace rivulet::bench {
namespace {

constexpr size_t kStreams = 10'000;
constexpr size_t kEvents = 10;  // that wait for each of them

struct References {
  void push(const sse::FrameRef& event) {
    if (!queue.push(event)) std::abort();
  }
  sse::OutputQueue queue{sse::Framing::kChunked};
};

struct Copies {
  void push(const sse::FrameRef& event) { bytes += event->chunked(); }
  std::string bytes;
};

size_t malloc_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Queues an event for each stream, ten times, and shows what that takes.
template <typename Queue>
void show(std::string_view name, const sse::FrameRef& event) {
  std::vector<Queue> queues;
  size_t before = 0;
  const auto make_anew = [&] {
    queues = std::vector<Queue>(kStreams);
    before = malloc_bytes();
  };
  const double took = nanoseconds_each(kStreams * kEvents, make_anew, [&] {
    for (size_t n = 0; n < kEvents; ++n) {
      for (Queue& queue : queues) queue.push(event);
    }
  });
  const auto held = static_cast<double>(malloc_bytes() - before);
  const size_t bytes = event->chunked().size();
  show_row(fmt::format("{} {} bytes: ns", name, bytes), took);
  show_row(fmt::format("{} {} bytes: bytes that ten take", name, bytes),
           held / kStreams);
}

}  // namespace

void compare_queues() {
  show_title("an event waits for a stream");
  for (const size_t size : {size_t{92}, size_t{990}}) {
    const sse::FrameRef event = sse::encode_comment(std::string(size, 'x'));
    show<References>("a reference to", event);
    show<Copies>("a copy of", event);
  }
}

}  // namespace rivulet::bench
