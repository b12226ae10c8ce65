#include "os/exec.h"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

namespace rivulet::os {

std::vector<std::string> environment_with(const UniqueFd& memory_file) {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) all.emplace_back(*one);
  all.push_back(fmt::format("{}={}", kMemoryFileVariable, memory_file.get()));
  return all;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const std::string& text : texts) {
    all.push_back(const_cast<char*>(text.c_str()));
  }
  all.push_back(nullptr);
  return all;
}

std::string with_reason(std::string_view what, int error) {
  return fmt::format("{}: {}", what, std::generic_category().message(error));
}

}  // namespace rivulet::os
