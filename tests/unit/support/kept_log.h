// A log that is kept in memory.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/log.h"

namespace rivulet::test {

class KeptLog {
 public:
  KeptLog() : out_(::open_memstream(&text_, &size_)) {}
  KeptLog(const KeptLog&) = delete;
  KeptLog& operator=(const KeptLog&) = delete;
  ~KeptLog() {
    std::fclose(out_);
    std::free(text_);
  }
  [[nodiscard]] base::Log log() const { return {out_, base::LogLevel::kInfo}; }
  [[nodiscard]] std::string text() const { return {text_, size_}; }

 private:
  char* text_ = nullptr;
  size_t size_ = 0;
  std::FILE* out_;
};

}  // namespace rivulet::test
