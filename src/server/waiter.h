// Whoever can go on when something that takes turns is over: a connection,
// while Redis is asked on behalf of its request.
#pragma once

namespace rivulet::server {

class Waiter {
 public:
  // What it waits for may be over. Must not be touched any more by who calls.
  virtual void on_settled() = 0;

 protected:
  ~Waiter() = default;
};

}  // namespace rivulet::server
