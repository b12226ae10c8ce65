#include "base/state.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace rivulet::base {
namespace {

enum class Colour : uint8_t { kRed, kGreen, kBlue };

struct Thing {
  uint64_t large = 0;
  uint16_t small = 0;
  bool set = false;
  std::string text;
  Time time{};
  Colour colour = Colour::kRed;

  void carry(State& state) {
    state.number(large);
    state.number(small);
    state.flag(set);
    state.text(text);
    state.time(time);
    state.choice(colour, Colour::kBlue);
  }
};

std::string saved() {
  Thing thing{.large = ~uint64_t{0},
              .small = 65'535,
              .set = true,
              .text = std::string("a\0b", 3),
              .time = Time(Duration(123'456)),
              .colour = Colour::kBlue};
  State state;
  thing.carry(state);
  return state.take_file();
}

// The state of one number.
std::string of_number(uint64_t number) {
  State state;
  state.number(number);
  return state.take_file();
}

TEST_CASE("what is loaded is what was saved") {
  const std::string file = saved();
  State state(file);
  Thing thing;
  thing.carry(state);
  state.end();
  CHECK(thing.large == ~uint64_t{0});
  CHECK(thing.small == 65'535);
  CHECK(thing.set);
  CHECK(thing.text == std::string_view("a\0b", 3));
  CHECK(thing.time == Time(Duration(123'456)));
  CHECK(thing.colour == Colour::kBlue);
}

TEST_CASE("a file that is cut anywhere is refused") {
  const std::string file = saved();
  for (size_t size = 0; size < file.size(); ++size) {
    CHECK_THROWS_AS(State(std::string_view(file).substr(0, size)), StateError);
  }
  CHECK_THROWS_AS(State(file + '\0'), StateError);
}

TEST_CASE("a file with another bit anywhere is refused") {
  std::string file = saved();
  for (char& byte : file) {
    for (int bit = 0; bit < 8; ++bit) {
      byte = static_cast<char>(byte ^ (1 << bit));
      CHECK_THROWS_AS(State(std::string_view(file)), StateError);
      byte = static_cast<char>(byte ^ (1 << bit));
    }
  }
}

TEST_CASE("another version is named") {
  std::string file = saved();
  file[8] = 77;
  try {
    const State state(file);
    FAIL("it is taken");
  } catch (const StateError& error) {
    CHECK(std::string_view(error.what()).find("version 77") !=
          std::string_view::npos);
  }
}

TEST_CASE("nothing is read past the end") {
  const std::string file = of_number(1);
  State state(file);
  uint64_t number = 0;
  state.number(number);
  CHECK(number == 1);
  CHECK_THROWS_AS(state.number(number), StateError);
}

TEST_CASE("what is left over is refused") {
  const std::string file = of_number(1);
  const State state(file);
  CHECK_THROWS_AS(state.end(), StateError);
}

TEST_CASE("a value that does not fit is refused") {
  const std::string large = of_number(65'536);
  const std::string two = of_number(2);
  uint16_t small = 0;
  bool set = false;
  auto colour = Colour::kRed;
  std::string text;
  CHECK_THROWS_AS(State(large).number(small), StateError);
  CHECK_THROWS_AS(State(two).flag(set), StateError);
  CHECK_THROWS_AS(State(two).choice(colour, Colour::kGreen), StateError);
  CHECK_THROWS_AS(State(two).text(text), StateError);  // of two bytes
  Time time{};
  const std::string far = of_number(~uint64_t{0});
  CHECK_THROWS_AS(State(far).time(time), StateError);
}

TEST_CASE("there are not more things than there is room for") {
  State out;
  CHECK(out.count(3, 8) == 3);
  for (uint64_t n : {1, 2, 3}) out.number(n);
  const std::string file = out.take_file();
  CHECK(State(file).count(0, 8) == 3);
  CHECK_THROWS_AS((void)State(file).count(0, 9), StateError);
}

}  // namespace
}  // namespace rivulet::base
