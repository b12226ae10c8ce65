// A doubly linked list whose links live in the elements themselves.
//
//   ┌─> list ──> a ──> b ──> c ─┐     Linking and unlinking cost no allocation
//   └───────────────────────────┘     and no search: an element knows its
//                                     neighbours, so it can leave without
//   circular: the list is a node      asking the list.
//
// The list never owns: whoever owns an element destroys it, and a destroyed
// element unlinks itself. An element is in at most one list for each tag; it
// is in several lists at once by deriving from several nodes with different
// tags. This is how a stream is found by the hub and by the dirty queue while
// it costs two pointers for each.
#pragma once

#include <cassert>

namespace rivulet::base {

template <typename Tag>
class ListNode {
 public:
  ListNode() = default;
  ~ListNode() { unlink(); }
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  [[nodiscard]] bool linked() const { return next_ != this; }

  // Leaves the list it is in; does nothing when it is in none.
  void unlink() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = this;
  }

 private:
  template <typename T, typename OtherTag>
  friend class IntrusiveList;

  void link_between(ListNode& previous, ListNode& next) {
    assert(!linked());
    previous_ = &previous;
    next_ = &next;
    previous.next_ = next.previous_ = this;
  }

  ListNode* previous_ = this;
  ListNode* next_ = this;
};

// T derives from ListNode<Tag>.
template <typename T, typename Tag>
class IntrusiveList {
  using Node = ListNode<Tag>;

 public:
  [[nodiscard]] bool empty() const { return !root_.linked(); }

  void push_back(T& element) {
    static_cast<Node&>(element).link_between(*root_.previous_, root_);
  }
  void push_front(T& element) {
    static_cast<Node&>(element).link_between(root_, *root_.next_);
  }

  // The list must not be empty.
  [[nodiscard]] T& front() const {
    assert(!empty());
    return static_cast<T&>(*root_.next_);
  }
  T& pop_front() {
    T& element = front();
    static_cast<Node&>(element).unlink();
    return element;
  }

  // Takes out an element of this list.
  static void remove(T& element) { static_cast<Node&>(element).unlink(); }

  // Calls `visit(T&)` for each element, front to back. The list must not
  // change meanwhile; what wants to leave it marks itself and leaves later.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (Node* node = root_.next_; node != &root_;) {
      Node* next = node->next_;
      visit(static_cast<T&>(*node));
      assert(next->previous_ == node && "list changed while it was walked");
      node = next;
    }
  }

 private:
  Node root_;
};

}  // namespace rivulet::base
