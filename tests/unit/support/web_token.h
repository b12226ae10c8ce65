// Makes JSON Web Tokens for a test, with libjwt.
#pragma once

#include <doctest/doctest.h>
#include <jwt.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace rivulet::test {

inline const std::string kKey = "0123456789abcdef0123456789abcdef";
inline const std::string kOtherKey = "fedcba9876543210fedcba9876543210";

// Signs `claims`, a JSON object, with more of a `header` than "alg" and "typ".
inline std::string web_token(const std::string& claims,
                             const std::string& key = kKey,
                             jwt_alg_t algorithm = JWT_ALG_HS256,
                             const std::string& header = "{}") {
  jwt_t* made = nullptr;
  REQUIRE(jwt_new(&made) == 0);
  const std::unique_ptr<jwt_t, decltype(&jwt_free)> jwt(made, &jwt_free);
  REQUIRE(jwt_add_grants_json(made, claims.c_str()) == 0);
  REQUIRE(jwt_add_headers_json(made, header.c_str()) == 0);
  REQUIRE(jwt_set_alg(made, algorithm,
                      reinterpret_cast<const unsigned char*>(key.data()),
                      static_cast<int>(key.size())) == 0);
  char* const text = jwt_encode_str(made);
  REQUIRE(text != nullptr);
  std::string token = text;
  std::free(text);
  return token;
}

}  // namespace rivulet::test
