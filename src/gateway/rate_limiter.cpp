#include "gateway/rate_limiter.h"

#include <algorithm>

namespace minions::gateway {
namespace {
constexpr std::size_t kMostBuckets = 65'536;
}

RateLimiter::Bucket& RateLimiter::bucket(const std::string& name, SteadyTime now) {
  if (buckets_.size() >= kMostBuckets && !buckets_.contains(name)) {
    // A bucket that has had time to fill carries no information; if there is no such bucket, all start anew.
    std::erase_if(buckets_, [&](const auto& entry) {
      return std::chrono::duration<double>(now - entry.second.filled).count() * limit_.per_second >= limit_.burst;
    });
    if (buckets_.size() >= kMostBuckets) buckets_.clear();
  }
  Bucket& bucket = buckets_.try_emplace(name, Bucket{limit_.burst, now}).first->second;
  const double passed_s = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(limit_.burst, bucket.tokens + passed_s * limit_.per_second);
  bucket.filled = now;
  return bucket;
}

bool RateLimiter::allow(const std::string& name, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  Bucket& own = bucket(name, now);
  if (own.tokens < 1) return false;
  own.tokens -= 1;
  return true;
}

bool RateLimiter::has_room(const std::string& name, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  return bucket(name, now).tokens >= 1;
}

}  // namespace minions::gateway
