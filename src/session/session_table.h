// The server's sessions, within limits. A new session waits in a small pool until a record has authenticated under its
// keys, then moves to the main table. Used by several threads; the owner sweeps it and passes in the time.
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

  // Adds to the pool; drops the pool's oldest if it is full.
  void add(std::shared_ptr<ServerSession> session);
  [[nodiscard]] std::shared_ptr<ServerSession> find(const SessionId& id, SteadyTime now);
  // A record has authenticated. kBusy: the main table is full and no session in it may be dropped.
  [[nodiscard]] Status prove(const SessionId& id);
  // A request with this owner's API key is authorised in the session, which then counts to the owner if it had none. If
  // the owner has `most` already, ends its session that has been idle longest. kBusy: a stream runs in each of them.
  [[nodiscard]] Result<Counted> count_to(const SessionId& id, const std::string& owner, std::size_t most);
  // Closes the session; its id is unknown from then on.
  void close(const SessionId& id);
  // Closes expired sessions. Call about once a second.
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
    std::string owner = {};                // empty: no owner
  };
  using Entries = std::unordered_map<SessionId, Entry, IdHash>;

  [[nodiscard]] bool over(const Entry& entry, SteadyTime now) const;
  // Takes an entry out; the caller closes the session after releasing the lock.
  [[nodiscard]] std::shared_ptr<ServerSession> take(Entries::iterator entry);
  [[nodiscard]] std::shared_ptr<ServerSession> evict_one();
  // This owner's session that has been idle longest; no stream opens in it any more.
  [[nodiscard]] std::shared_ptr<ServerSession> evict_idle(const std::string& owner);
  [[nodiscard]] Entries::iterator longest_idle(const std::string& owner);

  const SessionLimits limits_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::list<SessionId> unproven_;
  std::list<SessionId> proven_;
  std::unordered_map<std::string, std::unordered_set<SessionId, IdHash>> owned_;  // by owner; no list is empty
};

}  // namespace minions::session
