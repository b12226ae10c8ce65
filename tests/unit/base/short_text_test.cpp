// Tests base/short_text.h: in place or not, it is the same text.
#include "base/short_text.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace rivulet::base {
namespace {

TEST_CASE("a short text is empty at first") {
  CHECK(sizeof(ShortText) == 16);
  CHECK(ShortText().empty());
  CHECK(ShortText().view().empty());
  CHECK(ShortText("").empty());
}

TEST_CASE("a text is what it was made of, at each size") {
  for (size_t size = 1; size <= 40; ++size) {
    CAPTURE(size);
    const std::string bytes(size, static_cast<char>('a' + size % 26));
    const ShortText text(bytes);
    CHECK_FALSE(text.empty());
    CHECK(text.view() == bytes);
  }
  const std::string with_zero("a\0b", 3);
  CHECK(ShortText(with_zero).view() == with_zero);
}

TEST_CASE("up to 15 bytes are in the object, and more are not") {
  const auto in_place = [](size_t size) {
    const ShortText text(std::string(size, 'x'));
    const char* object = reinterpret_cast<const char*>(&text);
    const char* bytes = text.view().data();
    return bytes >= object && bytes < object + sizeof text;
  };
  CHECK(in_place(ShortText::kInPlace));
  CHECK_FALSE(in_place(ShortText::kInPlace + 1));
}

TEST_CASE("a copy is another one, and what was moved from is empty") {
  for (const std::string bytes : {"ana", "a name that is not so short"}) {
    CAPTURE(bytes);
    ShortText first(bytes);
    ShortText second(first);
    CHECK(second.view() == bytes);
    CHECK(second.view().data() != first.view().data());
    const ShortText third(std::move(first));
    CHECK(third.view() == bytes);
    CHECK(first.empty());  // NOLINT: what is promised
    second = ShortText("carl");
    CHECK(second.view() == "carl");
    second = third;
    CHECK(second.view() == bytes);
  }
}

}  // namespace
}  // namespace rivulet::base
