// Bytes of unfinished requests: what each sender has sent of them, and what is kept of all of them together. Everything
// a sender sends counts against it, including filler and what nobody reads; only what goes to the model counts against
// the total. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "gateway/limits.h"

namespace minions::gateway {

// An address before authorisation, an API key after it.
struct Sender {
  Limit limit;  // that it is under
  std::string name;
  std::uint64_t bytes = 0;  // at most
};

class HeldBytes {
 public:
  explicit HeldBytes(std::uint64_t all) : all_limit_(all) {}
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;

  // What one request has sent. Returns it all on destruction; the HeldBytes must outlive it.
  class Share {
   public:
    explicit Share(HeldBytes& held) : held_(held) {}
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // Makes this the sender from now on, also of what has already come. Nothing: the sender has no limit. Returns the
    // limit that it exceeds, if any: then the sender stays unchanged.
    [[nodiscard]] std::optional<Limit> count_to(std::optional<Sender> sender);
    // That many more bytes have come from the sender, or go to the model. Returns the limit reached, if any: then these
    // bytes are not counted.
    [[nodiscard]] std::optional<Limit> receive(std::uint64_t bytes);
    [[nodiscard]] std::optional<Limit> keep(std::uint64_t bytes);

   private:
    HeldBytes& held_;
    std::optional<Sender> sender_;
    std::uint64_t received_ = 0;
    std::uint64_t kept_ = 0;
  };

  // What is kept for the model, of all requests; what one sender has sent.
  [[nodiscard]] std::uint64_t kept() const;
  [[nodiscard]] std::uint64_t received_from(Limit limit, const std::string& name) const;

 private:
  [[nodiscard]] bool add(const Sender& sender, std::uint64_t bytes);  // with the lock
  void remove(const Sender& sender, std::uint64_t bytes);

  const std::uint64_t all_limit_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::uint64_t> received_;  // by limit and name; no zeros
  std::uint64_t kept_ = 0;
};

}  // namespace minions::gateway
