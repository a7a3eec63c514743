// How many of something each name holds at once: connections of an address, running requests of an API key. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace minions::net {

class Permits;

// One permit, until destroyed. Its Permits must outlive it.
class Permit {
 public:
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&& other) noexcept;
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  ~Permit();

 private:
  friend class Permits;
  Permit(Permits& from, std::string name) : from_(&from), name_(std::move(name)) {}

  Permits* from_;
  std::string name_;
};

class Permits {
 public:
  Permits() = default;
  Permits(const Permits&) = delete;
  Permits& operator=(const Permits&) = delete;

  // Nothing: the name already holds `limit`.
  [[nodiscard]] std::optional<Permit> acquire(const std::string& name, std::size_t limit);
  [[nodiscard]] std::size_t held_by(const std::string& name) const;

 private:
  friend class Permit;
  void release(const std::string& name);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> held_;  // no zeros
};

}  // namespace minions::net
