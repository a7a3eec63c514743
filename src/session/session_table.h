// The server's sessions, within limits. A new one waits in a small pool until a record has authenticated under its
// keys; then it moves to the main table. Used by several threads; the owner sweeps it and hands in the time.
#pragma once

#include <list>
#include <unordered_map>
#include <unordered_set>

#include "session/server_session.h"

namespace minions::session {

struct SessionLimits {
  std::size_t sessions = 10'000;
  std::size_t unproven = 2'000;
  std::chrono::seconds unproven_life{30};
};

class SessionTable {
 public:
  enum class Counted { kInItsPlace, kInPlaceOfAnother };

  explicit SessionTable(const SessionLimits& limits) : limits_(limits) {}
  ~SessionTable();
  SessionTable(const SessionTable&) = delete;
  SessionTable& operator=(const SessionTable&) = delete;

  // Into the pool; drops the pool's oldest if it is full.
  void add(std::shared_ptr<ServerSession> session);
  [[nodiscard]] std::shared_ptr<ServerSession> find(const SessionId& id, SteadyTime now);
  // A record has authenticated. kBusy: the main table is full and nothing in it may go.
  [[nodiscard]] Status prove(const SessionId& id);
  // A request of this owner's, by its API key, is authorised in the session, which counts to it if it counts to nobody
  // yet. Where the owner has `most` already, the one of them that is idle longest ends in its place. kBusy: in each of
  // them a stream runs.
  [[nodiscard]] Result<Counted> count_to(const SessionId& id, const std::string& owner, std::size_t most);
  // Closes the session; its id is unknown from now on.
  void close(const SessionId& id);
  // Closes what has expired. Call once a second or so.
  void sweep(SteadyTime now);

  [[nodiscard]] std::size_t proven_count() const;
  [[nodiscard]] std::size_t unproven_count() const;
  [[nodiscard]] std::size_t owned_by(const std::string& owner) const;

 private:
  struct IdHash {
    std::size_t operator()(const SessionId& id) const;
  };
  struct Entry {
    std::shared_ptr<ServerSession> session;
    bool proven = false;
    std::list<SessionId>::iterator place;  // in order_ of its kind, oldest first
    std::string owner = {};                // empty: counts to nobody
  };
  using Entries = std::unordered_map<SessionId, Entry, IdHash>;

  [[nodiscard]] bool over(const Entry& entry, SteadyTime now) const;
  // Takes an entry out; the caller closes the session after releasing the lock.
  [[nodiscard]] std::shared_ptr<ServerSession> take(Entries::iterator entry);
  [[nodiscard]] std::shared_ptr<ServerSession> evict_one();
  // Of this owner's the one that is idle longest, in which no stream opens any more.
  [[nodiscard]] std::shared_ptr<ServerSession> evict_idle(const std::string& owner);
  [[nodiscard]] Entries::iterator longest_idle(const std::string& owner);

  const SessionLimits limits_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::list<SessionId> unproven_;
  std::list<SessionId> proven_;
  std::unordered_map<std::string, std::unordered_set<SessionId, IdHash>> owned_;  // by owner; none is empty
};

}  // namespace minions::session
