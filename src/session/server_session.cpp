#include "session/server_session.h"

namespace minions::session {
namespace {

constexpr unsigned kBadTagLimit = 1000;
// After max_s no stream opens; running streams get this much longer.
constexpr std::chrono::seconds kRunOut{300};

}  // namespace

StreamLease::~StreamLease() {
  if (session_ != nullptr) session_->leave(ticket_);
}

ServerSession::ServerSession(const SessionParameters& parameters, SessionSecrets secrets, ReceiptKey receipt_key,
                             SteadyTime now)
    : parameters_(parameters),
      receipt_key_(std::move(receipt_key)),
      created_(now),
      secrets_(std::move(secrets)),
      last_active_(now) {}

Result<StreamLease> ServerSession::enter(SteadyTime now, CancelHook cancel) {
  const std::lock_guard lock(mutex_);
  if (closed_ || retired_ || now >= created_ + std::chrono::seconds(parameters_.max_s))
    return fail(ErrorCode::kNotFound, "session is over");
  if (streams_.size() >= parameters_.max_streams) return fail(ErrorCode::kBusy, "session has too many streams");
  last_active_ = now;
  const std::uint64_t ticket = next_ticket_++;
  streams_.emplace(ticket, std::move(cancel));
  return StreamLease(shared_from_this(), ticket);
}

void ServerSession::leave(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  streams_.erase(ticket);
}

Result<StreamKeys> ServerSession::keys(StreamId n) const {
  const std::lock_guard lock(mutex_);
  if (closed_) return fail(ErrorCode::kNotFound, "session is over");
  MINIONS_TRY(window_.check(n));
  StreamKeys keys{{parameters_.session, n},
                  request_key(secrets_.k_c2s.reveal(), n),
                  reply_key(secrets_.k_s2c.reveal(), n),
                  {},
                  cache_salt(secrets_.k_c2s.reveal())};
  const auto h = secrets_.h.reveal();
  std::copy(h.begin(), h.end(), keys.channel_binding.writable().begin());
  return keys;
}

Status ServerSession::mark(StreamId n) {
  const std::lock_guard lock(mutex_);
  if (closed_) return fail(ErrorCode::kNotFound, "session is over");
  return window_.mark(n);
}

bool ServerSession::count_bad_tag() {
  const std::lock_guard lock(mutex_);
  return ++bad_tags_ >= kBadTagLimit;
}

void ServerSession::note_authorised() {
  const std::lock_guard lock(mutex_);
  authorised_ = true;
}

void ServerSession::close() {
  std::map<std::uint64_t, CancelHook> running;
  CancelHook on_close;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    secrets_.clear();
    running.swap(streams_);
    on_close.swap(on_close_);
  }
  for (const auto& [ticket, cancel] : running) cancel();
  if (on_close) on_close();
}

bool ServerSession::expired(SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  const auto age_limit = created_ + std::chrono::seconds(parameters_.max_s);
  if (closed_) return true;
  if (!streams_.empty()) return now >= age_limit + kRunOut;
  return now >= age_limit || now >= last_active_ + std::chrono::seconds(parameters_.idle_s);
}

bool ServerSession::may_be_evicted() const {
  const std::lock_guard lock(mutex_);
  return streams_.empty() && !authorised_;
}

std::optional<SteadyTime> ServerSession::idle_since() const {
  const std::lock_guard lock(mutex_);
  return streams_.empty() ? std::optional(last_active_) : std::nullopt;
}

bool ServerSession::retire_if_idle() {
  const std::lock_guard lock(mutex_);
  if (streams_.empty()) retired_ = true;
  return retired_;
}

bool ServerSession::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace minions::session
