// Shared ownership of an object by counting, without atomics.
//
// Rivulet is one thread, so a count is a plain integer: taking and dropping a
// reference is one increment or decrement of memory that is touched anyway.
// std::shared_ptr would pay for two pointers in each queue slot and, in a
// program linked with threads, for locked instructions.
#pragma once

#include <cassert>
#include <utility>

namespace rivulet::base {

// T has `uint32_t references` (0 at birth), mutable when T is const, and
// `static void destroy(T*)`.
template <typename T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) ++object_->references;
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ == nullptr) return;
    assert(object_->references > 0);
    if (--object_->references == 0) T::destroy(object_);
  }

  explicit operator bool() const { return object_ != nullptr; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  [[nodiscard]] T* get() const { return object_; }

 private:
  T* object_ = nullptr;
};

}  // namespace rivulet::base
