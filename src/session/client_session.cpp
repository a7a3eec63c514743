#include "session/client_session.h"

#include "session/replay_window.h"

namespace minions::session {
Result<ClientStream> ClientSession::open_stream() {
  if (closed()) return fail(ErrorCode::kNotFound, "the session is closed");
  if (!unfinished_.empty() && next_ - *unfinished_.begin() >= kWindowSize) {
    return fail(ErrorCode::kBusy, "too many unfinished exchanges in this session");
  }
  const StreamId n = next_++;
  unfinished_.insert(n);
  return ClientStream{
      {parameters_.session, n}, request_key(secrets_.k_c2s.reveal(), n), reply_key(secrets_.k_s2c.reveal(), n)};
}

Digest32 ClientSession::channel_binding() const {
  Digest32 h{};
  const auto stored = secrets_.h.reveal();
  std::copy(stored.begin(), stored.end(), h.begin());
  return h;
}

Status ClientSession::check(const ReplyTrailer& trailer, StreamId n, const Digest32& request,
                            const Digest32& reply) const {
  if (closed()) return fail(ErrorCode::kNotFound, "the session is closed");
  const attestation::Statement& statement = statement_.statement();
  ReceiptSubject subject;
  subject.statement = statement_.digest();
  subject.channel_binding = channel_binding();
  subject.n = n;
  subject.request = request;
  subject.reply = reply;
  return check_receipt(trailer, subject, receipt_times(statement, parameters_.max_s), statement.receipt_ed25519);
}

}  // namespace minions::session
