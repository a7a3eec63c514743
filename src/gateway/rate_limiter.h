// Token buckets by name (an address, an API key). Any thread; the time is passed in.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"
#include "gateway/settings.h"

namespace minions::gateway {

class RateLimiter {
 public:
  explicit RateLimiter(const RateLimit& limit) : limit_(limit) {}

  // Takes one token. False: there is none.
  [[nodiscard]] bool allow(const std::string& name, SteadyTime now);
  // Whether there is a token, without taking it.
  [[nodiscard]] bool has_room(const std::string& name, SteadyTime now);

 private:
  struct Bucket {
    double tokens;
    SteadyTime filled;
  };
  Bucket& bucket(const std::string& name, SteadyTime now);

  const RateLimit limit_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace minions::gateway
