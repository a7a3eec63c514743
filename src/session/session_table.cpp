#include "session/session_table.h"

#include <cstring>

namespace minions::session {

// Ids are the server's own random bytes, so any eight of them serve as a hash.
std::size_t SessionTable::IdHash::operator()(const SessionId& id) const {
  std::size_t hash = 0;
  std::memcpy(&hash, id.data(), sizeof hash);
  return hash;
}

SessionTable::~SessionTable() {
  for (auto& [id, entry] : entries_) entry.session->close();
}

std::shared_ptr<ServerSession> SessionTable::take(Entries::iterator entry) {
  auto session = std::move(entry->second.session);
  (entry->second.proven ? proven_ : unproven_).erase(entry->second.place);
  if (const auto owned = owned_.find(entry->second.owner); owned != owned_.end()) {
    owned->second.erase(entry->first);
    if (owned->second.empty()) owned_.erase(owned);
  }
  entries_.erase(entry);
  return session;
}

void SessionTable::add(std::shared_ptr<ServerSession> session) {
  std::shared_ptr<ServerSession> same_id;
  std::shared_ptr<ServerSession> oldest;
  {
    const std::lock_guard lock(mutex_);
    const SessionId id = session->parameters().session;
    if (const auto found = entries_.find(id); found != entries_.end()) same_id = take(found);
    if (unproven_.size() >= limits_.unproven) oldest = take(entries_.find(unproven_.front()));
    unproven_.push_back(id);
    entries_.emplace(id, Entry{std::move(session), false, std::prev(unproven_.end())});
  }
  if (same_id != nullptr) same_id->close();
  if (oldest != nullptr) oldest->close();
}

bool SessionTable::over(const Entry& entry, SteadyTime now) const {
  return entry.session->expired(now) || (!entry.proven && now >= entry.session->created() + limits_.unproven_life);
}

std::shared_ptr<ServerSession> SessionTable::find(const SessionId& id, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() || over(found->second, now) ? nullptr : found->second.session;
}

std::shared_ptr<ServerSession> SessionTable::evict_one() {
  for (const SessionId& id : proven_) {
    const auto found = entries_.find(id);
    if (found->second.session->may_be_evicted()) return take(found);
  }
  return nullptr;
}

Status SessionTable::prove(const SessionId& id) {
  std::shared_ptr<ServerSession> evicted;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return fail(ErrorCode::kNotFound, "session is over");
    Entry& entry = found->second;
    if (entry.proven) return {};
    if (proven_.size() >= limits_.sessions && (evicted = evict_one()) == nullptr) {
      return fail(ErrorCode::kBusy, "the session table is full");
    }
    proven_.splice(proven_.end(), unproven_, entry.place);
    entry.proven = true;
  }
  if (evicted != nullptr) evicted->close();
  return {};
}

SessionTable::Entries::iterator SessionTable::longest_idle(const std::string& owner) {
  auto longest = entries_.end();
  std::optional<SteadyTime> since;
  for (const SessionId& id : owned_.at(owner)) {
    const auto found = entries_.find(id);
    const auto idle = found->second.session->idle_since();
    if (!idle || (since && *idle >= *since)) continue;
    since = idle;
    longest = found;
  }
  return longest;
}

std::shared_ptr<ServerSession> SessionTable::evict_idle(const std::string& owner) {
  for (;;) {
    const auto longest = longest_idle(owner);
    if (longest == entries_.end()) return nullptr;
    // A stream may have opened meanwhile.
    if (longest->second.session->retire_if_idle()) return take(longest);
  }
}

Result<SessionTable::Counted> SessionTable::count_to(const SessionId& id, const std::string& owner, std::size_t most) {
  std::shared_ptr<ServerSession> evicted;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return fail(ErrorCode::kNotFound, "session is over");
    Entry& entry = found->second;
    if (!entry.owner.empty()) return Counted::kInItsPlace;
    const auto owned = owned_.find(owner);
    if (owned != owned_.end() && owned->second.size() >= most && (evicted = evict_idle(owner)) == nullptr)
      return fail(ErrorCode::kBusy, "a stream runs in each session of the owner");
    entry.owner = owner;
    owned_[owner].insert(id);
  }
  if (evicted == nullptr) return Counted::kInItsPlace;
  evicted->close();
  return Counted::kInPlaceOfAnother;
}

void SessionTable::close(const SessionId& id) {
  std::shared_ptr<ServerSession> session;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(id); found != entries_.end()) session = take(found);
  }
  if (session != nullptr) session->close();
}

void SessionTable::sweep(SteadyTime now) {
  std::vector<std::shared_ptr<ServerSession>> ended;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = entries_.begin(); at != entries_.end();) {
      const auto entry = at++;
      if (over(entry->second, now)) ended.push_back(take(entry));
    }
  }
  for (const auto& session : ended) session->close();
}

std::size_t SessionTable::proven_count() const {
  const std::lock_guard lock(mutex_);
  return proven_.size();
}

std::size_t SessionTable::owned_by(const std::string& owner) const {
  const std::lock_guard lock(mutex_);
  const auto owned = owned_.find(owner);
  return owned == owned_.end() ? 0 : owned->second.size();
}

std::size_t SessionTable::unproven_count() const {
  const std::lock_guard lock(mutex_);
  return unproven_.size();
}

}  // namespace minions::session
