// The operator new of the unit tests. It replaces the one of the library, and
// of AddressSanitizer, for all code in the process: std::string grows in the
// library. Below it is malloc(), which the sanitizer goes on watching.
#include "out_of_memory.h"

#include <cstdlib>
#include <new>

namespace rivulet::test {
namespace {

bool armed = false;
bool lasting = false;
bool has_struck = false;
size_t left = 0;
size_t arrays = 0;
bool no_arrays = false;

bool fails() {
  if (!armed) return false;
  if (left > 0) {
    --left;
    return false;
  }
  has_struck = true;
  armed = lasting;
  return true;
}

void* allocate(size_t size) {
  return fails() ? nullptr : std::malloc(size > 0 ? size : 1);
}

void* allocate_or_throw(size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void* allocate_array(size_t size) {
  return no_arrays ? nullptr : allocate(size);
}

void* counted(void* memory) {
  if (memory != nullptr) ++arrays;
  return memory;
}

void release_array(void* memory) {
  if (memory != nullptr) --arrays;
  std::free(memory);
}

}  // namespace

OutOfMemory::OutOfMemory(size_t granted, Shortage shortage) {
  has_struck = false;
  lasting = shortage == Shortage::kLasting;
  left = granted;
  armed = true;
}

OutOfMemory::~OutOfMemory() {
  armed = false;
}

bool OutOfMemory::struck() {
  return has_struck;
}

NoMemoryForArrays::NoMemoryForArrays() {
  no_arrays = true;
}

NoMemoryForArrays::~NoMemoryForArrays() {
  no_arrays = false;
}

size_t living_arrays() {
  return arrays;
}

}  // namespace rivulet::test

// All of the replaceable forms, but for those of over-aligned types, which
// nothing here has (C++20 [new.delete]).
void* operator new(size_t size) {
  return rivulet::test::allocate_or_throw(size);
}
void* operator new[](size_t size) {
  return rivulet::test::counted(rivulet::test::allocate_or_throw(size));
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return rivulet::test::allocate(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return rivulet::test::counted(rivulet::test::allocate_array(size));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  rivulet::test::release_array(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  rivulet::test::release_array(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  rivulet::test::release_array(memory);
}
