// How many of something each name holds at once: connections of an address, running requests of an API key. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace minions::net {

class Places {
 public:
  // One of them, until it goes. The Places must outlive it.
  class Place {
   public:
    Place(Places& places, std::string name) : places_(&places), name_(std::move(name)) {}
    Place(Place&& other) noexcept : places_(std::exchange(other.places_, nullptr)), name_(std::move(other.name_)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(places_, other.places_);
      std::swap(name_, other.name_);
      return *this;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      if (places_ != nullptr) places_->leave(name_);
    }

   private:
    Places* places_;
    std::string name_;
  };

  Places() = default;
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  // Nothing: the name holds `limit` already.
  [[nodiscard]] std::optional<Place> enter(const std::string& name, std::size_t limit);
  [[nodiscard]] std::size_t held_by(const std::string& name) const;

 private:
  void leave(const std::string& name);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> held_;  // no zeros
};

}  // namespace minions::net
