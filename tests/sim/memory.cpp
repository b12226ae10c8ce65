#include "memory.h"

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

#include "kernel.h"

namespace rivulet::sim {
namespace {

Running::What running = Running::What::kModel;

void* allocate(size_t size) {
  if (running == Running::What::kServer) {
    const Running model(Running::What::kModel);
    if (Kernel::current().out_of_memory()) return nullptr;
  }
  return std::malloc(size == 0 ? 1 : size);
}

void* allocate_or_throw(size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

Running::Running(What what) : before_(std::exchange(running, what)) {}

Running::~Running() {
  running = before_;
}

}  // namespace rivulet::sim

// All of them, for a sanitizer brings its own of those that are left out.

void* operator new(size_t size) {
  return rivulet::sim::allocate_or_throw(size);
}

void* operator new[](size_t size) {
  return rivulet::sim::allocate_or_throw(size);
}

void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return rivulet::sim::allocate(size);
}

void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return rivulet::sim::allocate(size);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete[](void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}
