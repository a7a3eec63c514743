// Finds the usage that a backend reports, in the last bytes of a passing reply. Keeps a bounded tail and parses once,
// at the end: the hot path only copies.
#pragma once

#include <string>

#include "base/bytes.h"

namespace minions::gateway {

class UsageScanner {
 public:
  void take(ByteView piece);
  // The bytes of the last `"usage":{...}` value; empty if there is none. A model's text cannot produce one: its quotes
  // are escaped. The receipt checks whether it is strict JSON.
  [[nodiscard]] std::string_view finish() const;

 private:
  std::string tail_;
};

}  // namespace minions::gateway
