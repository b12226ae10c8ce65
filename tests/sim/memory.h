// Memory that runs out: the operator new of this program asks the kernel of
// the simulation whether there is any left, while the server runs and not
// while the simulation itself does.
#pragma once

namespace rivulet::sim {

// While one of these lives, the server runs (or, inside of that, the model).
class Running {
 public:
  enum class What : bool { kModel, kServer };

  explicit Running(What what);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

 private:
  What before_;
};

}  // namespace rivulet::sim
