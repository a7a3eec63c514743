// The vector files, for every test that reads them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/random.h"
#include "support/paths.h"

namespace minions::testing {

inline const Json& smp2_vectors() {
  static const Json vectors = [] {
    Json read = Json::parse(std::ifstream(test::vectors_folder() / "smp2.json"));
    for (const auto& [name, section] : read.items()) {
      if (section.empty()) throw std::runtime_error("no vectors in " + name);  // a loop over none would pass
    }
    return read;
  }();
  return vectors;
}

// A file of third-party data beside the project, or nothing where the clone stands alone.
inline std::optional<Json> shared_json(const std::string& path) {
  const std::filesystem::path file = test::shared_folder() / path;
  if (!std::filesystem::exists(file)) return std::nullopt;
  return Json::parse(std::ifstream(file));
}

inline Bytes hex(const Json& value) { return from_hex(value.get<std::string>()).value(); }
template <std::size_t N>
ByteArray<N> hex_array(const Json& value) {
  return exactly<N>(from_hex(value.get<std::string>())).value();
}
// Numbers above 2^53 come as decimal strings.
inline std::uint64_t number(const Json& value) {
  return value.is_string() ? std::stoull(value.get<std::string>()) : value.get<std::uint64_t>();
}

// Hands out given bytes in order.
class ScriptedRandom final : public crypto::Random {
 public:
  explicit ScriptedRandom(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(MutableBytes out) override {
    ASSERT_LE(at_ + out.size(), bytes_.size()) << "more randomness asked for than the vector gives";
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), out.size(), out.begin());
    at_ += out.size();
  }
  [[nodiscard]] bool used_up() const { return at_ == bytes_.size(); }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

}  // namespace minions::testing
