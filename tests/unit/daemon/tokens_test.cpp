// Tests daemon/tokens.h and the options that take tokens: what counts as one,
// and that no refusal repeats it.
#include "daemon/tokens.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "../support/temp_folder.h"
#include "daemon/options.h"

namespace rivulet::daemon {
namespace {

using Strings = std::vector<std::string>;

const std::string kOne = "0123456789abcdef";
const std::string kOther = "!#$%&'()*+,-./~:;";

std::string refusal_of_file(const test::TempFolder& folder,
                            std::string_view content) {
  try {
    (void)read_token_file(folder.write("tokens", content));
    return "";
  } catch (const OptionError& error) {
    return error.what();
  }
}

Options options(const Strings& arguments) {
  return read_options(arguments, [](const std::string&) {
    return std::optional<std::string>();
  });
}

TEST_CASE("a token has 16 to 512 visible characters") {
  CHECK_NOTHROW(check_token(kOne));
  CHECK_NOTHROW(check_token(kOther));
  CHECK_NOTHROW(check_token(std::string(512, 'x')));
  for (const std::string& token :
       {std::string(), std::string(15, 'x'), std::string(513, 'x'), kOne + " ",
        " " + kOne, kOne + " " + kOne, kOne + "\t", kOne + "\n", kOne + "\x7f",
        kOne + "é", kOne + std::string(1, '\0')}) {
    CAPTURE(token);
    CHECK_THROWS_AS(check_token(token), OptionError);
  }
}

TEST_CASE("a file has one token a line, and comments") {
  const test::TempFolder folder;
  const std::string path =
      folder.write("tokens", "# old, until June\n" + kOne +
                                 "\r\n\n  # new\n\t" + kOther + "  \n#" + kOne);
  CHECK(read_token_file(path).tokens == Strings{kOne, kOther});
}

TEST_CASE("a file without a token, or with a bad one, is refused") {
  const test::TempFolder folder;
  for (const std::string content : {"", "\n\n", "# nothing\n", "   "}) {
    CHECK(refusal_of_file(folder, content) == "it holds no token");
  }
  const std::string message = refusal_of_file(folder, kOne + "\n\nshort\n");
  CHECK(message.starts_with("line 3: "));
  CHECK(message.find("short") == std::string::npos);
  CHECK(refusal_of_file(folder, kOne + " " + kOther).starts_with("line 1: "));
  CHECK(refusal_of_file(folder, "\xEF\xBB\xBF" + kOne) != "");
  CHECK(refusal_of_file(folder, std::string(70'000, '#')) != "");
  CHECK_THROWS_AS((void)read_token_file(folder.path_of("missing")),
                  OptionError);
  CHECK_THROWS_AS((void)read_token_file(folder.path()), OptionError);
}

TEST_CASE("a key of subscribers' tokens has 256 bits at least") {
  const test::TempFolder folder;
  const std::string key(32, 'k');
  const std::string path = folder.write("keys", "# new\n" + key + "x\n" + key);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  const Options all = options({"--subscribe-key-file", path});
  CHECK(all.settings.subscribe_keys == Strings{key + "x", key});
  CHECK(all.settings.publish_tokens.empty());
  CHECK(all.warnings.empty());
  CHECK(options({}).settings.subscribe_keys.empty());
  for (const auto& [content, said] :
       {std::pair{std::string("# none\n"), "it holds no key"},
        std::pair{key + "\n" + std::string(31, 'k'),
                  "line 2: a key has 32 to 512 characters"},
        std::pair{key + " " + key, "line 1: a key is visible ASCII"}}) {
    const std::string bad = folder.write("bad-keys", content);
    try {
      (void)options({"--subscribe-key-file", bad});
      FAIL("a bad key was taken");
    } catch (const OptionError& error) {
      const std::string message = error.what();
      CHECK(
          message.starts_with("--subscribe-key-file: '" + bad + "': " + said));
      CHECK(message.find("kkkk") == std::string::npos);
    }
  }
}

TEST_CASE("a file of keys that everybody may read is warned about") {
  const test::TempFolder folder;
  const std::string path = folder.write("keys", std::string(32, 'k'));
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  const Options all = options({"--subscribe-key-file", path});
  REQUIRE(all.warnings.size() == 1);
  CHECK(all.warnings[0].find("subscribe-key-file " + path) !=
        std::string::npos);
}

TEST_CASE("the tokens of both options count") {
  const test::TempFolder folder;
  const std::string path = folder.write("tokens", kOther);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  const Options all =
      options({"--publish-token", kOne, "--publish-token-file", path});
  CHECK(all.settings.publish_tokens == Strings{kOne, kOther});
  CHECK(all.warnings.empty());
  CHECK(options({}).settings.publish_tokens.empty());
}

TEST_CASE("a file that everybody may read is warned about by its name") {
  const test::TempFolder folder;
  const std::string path = folder.write("tokens", kOther);
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  const Options all = options({"--publish-token-file", path});
  REQUIRE(all.warnings.size() == 1);
  CHECK(all.warnings[0].find(path) != std::string::npos);
  CHECK(all.warnings[0].find(kOther) == std::string::npos);
}

TEST_CASE("a refusal names the option, and does not show the token") {
  for (const std::string token : {"", "too-short", "with a blank in it here"}) {
    try {
      (void)options({"--publish-token", token});
      FAIL("a bad token was taken");
    } catch (const OptionError& error) {
      const std::string message = error.what();
      CHECK(message.starts_with("--publish-token: '********': a token "));
      if (!token.empty()) CHECK(message.find(token) == std::string::npos);
    }
  }
  CHECK_THROWS_AS(options({"--publish-token-file", "/nowhere"}), OptionError);
}

TEST_CASE("tokens are secret, and the file's name is not") {
  const auto hidden = [](std::string_view name) {
    return secret_part(*find_row(name), "value");
  };
  CHECK(hidden("publish-token") == "value");
  CHECK(hidden("publish-token-file").empty());
  CHECK(hidden("subscribe-key-file").empty());
  CHECK(hidden("listen").empty());
}

}  // namespace
}  // namespace rivulet::daemon
