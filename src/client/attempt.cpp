#include "client/attempt.h"

#include <fmt/format.h>

#include "attestation/core/refusal.h"
#include "base/encoding.h"
#include "session/exchange.h"

namespace minions::client {
namespace {

constexpr std::size_t kWritePieceBytes = 16 * 1024;    // small requests leave in one write, large ones record by record
constexpr std::size_t kHintLimitBytes = 16 * 1024;     // of an unsealed error's body
constexpr std::chrono::milliseconds kHintTime{5'000};  // to read why a request was refused while it was being written
constexpr std::chrono::milliseconds kBodyEndTime{10'000};  // from the final record to the end of the HTTP body

double seconds_since(SteadyTime start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Attempt {
 public:
  Attempt(const AttemptInput& input, std::stop_token stop) : in_(input), stop_(std::move(stop)) {}
  [[nodiscard]] net::Task<AttemptResult> run();

 private:
  [[nodiscard]] net::Task<Result<SealedReply>> converse();
  [[nodiscard]] net::Task<Result<SealedReply>> converse_in(session::ClientStream& stream);
  [[nodiscard]] net::Task<Status> send(session::RequestSealer& sealer);
  [[nodiscard]] net::Task<Status> read_reply_start();
  [[nodiscard]] net::Task<Status> read_records(session::RecordReader& reader);
  [[nodiscard]] net::Task<Status> await_end(session::RecordReader& reader);
  [[nodiscard]] net::Task<Error> plain_refusal(int status);
  [[nodiscard]] Status take(const session::Record& record);
  [[nodiscard]] Status take_head(std::string_view json);
  [[nodiscard]] Status take_data(std::string_view piece);
  [[nodiscard]] Status take_alert(std::string_view json);
  [[nodiscard]] Result<SealedReply> verify(const Digest32& request);
  void note_written();
  void reached(Reached stage) { reached_ = std::max(reached_, stage); }
  // A connection that ends inside a sealed reply has truncated it.
  [[nodiscard]] Error inside_reply(Error error) const;

  const AttemptInput& in_;
  const std::stop_token stop_;
  AttemptResult result_;
  std::unique_ptr<net::ClientExchange> http_;
  session::StreamId n_ = 0;
  Reached reached_ = Reached::kNothingWritten;
  std::optional<session::Alert> alert_;
  std::optional<int> plain_status_;
  net::Deadline deadline_ = net::kNoDeadline;
  session::ReplyHead head_;
  session::ExchangeHash reply_hash_;
  std::optional<session::ReplyTrailer> trailer_;
};

net::Task<AttemptResult> Attempt::run() {
  auto reply = co_await converse();
  if (reply) {
    result_.reply = *std::move(reply);
  } else {
    Error error = std::move(reply).error();
    if (stop_.stop_requested()) error = {ErrorCode::kCancelled, "cancelled"};
    result_.reply =
        tl::unexpected<AttemptFailure>(AttemptFailure{std::move(error), reached_, std::move(alert_), plain_status_});
  }
  co_return std::move(result_);
}

net::Task<Result<SealedReply>> Attempt::converse() {
  MINIONS_CO_TRY_ASSIGN(http_,
                        co_await open_pinned(in_.transport, in_.session.statement().statement(), in_.policy, stop_));
  MINIONS_CO_TRY_ASSIGN(session::ClientStream stream, in_.session.open_stream());
  auto reply = co_await converse_in(stream);
  in_.session.finish_stream(stream.context.n);
  co_return reply;
}

net::Task<Result<SealedReply>> Attempt::converse_in(session::ClientStream& stream) {
  const std::stop_callback on_stop(stop_, [this] { http_->cancel(); });
  n_ = stream.context.n;
  session::RequestHead head = in_.head;
  head.length = in_.body.size();
  std::string head_json = head.to_json();
  if (in_.keep == Keep::kTranscript) {
    result_.transcript.emplace();
    result_.transcript->channel_binding = in_.session.channel_binding();
    result_.transcript->n = n_;
    result_.transcript->head = crypto::SecretText(head_json);
  }
  MINIONS_CO_TRY_ASSIGN(
      session::RequestSealer sealer,
      session::RequestSealer::create(stream.context, stream.request_key.reveal(), std::move(head_json), in_.body));
  if (sealer.sealed_size() > in_.session.parameters().max_request) {
    co_return fail(ErrorCode::kTooLarge, fmt::format("the request has {} bytes sealed, and the server takes {} at most",
                                                     sealer.sealed_size(), in_.session.parameters().max_request));
  }
  MINIONS_CO_TRY(co_await send(sealer));
  deadline_ = net::deadline_in(in_.no_progress);
  MINIONS_CO_TRY(co_await read_reply_start());
  session::RecordReader reader(session::Direction::kReply, stream.context, stream.reply_key.reveal());
  MINIONS_CO_TRY(co_await read_records(reader));
  MINIONS_CO_TRY(co_await await_end(reader));
  co_return verify(std::move(sealer).transcript());
}

void Attempt::note_written() {
  if (http_->bytes_written() > 0) reached(Reached::kWritten);
}

net::Task<Status> Attempt::send(session::RequestSealer& sealer) {
  const std::string target = in_.transport.target("/v2/stream/" + to_hex(in_.session.parameters().session));
  net::Headers headers = in_.transport.headers();
  headers.push_back({"Content-Type", "application/octet-stream"});
  const net::RequestLine line{"POST", target};
  MINIONS_CO_TRY(co_await http_->send_head(line, headers, sealer.sealed_size()));
  Bytes piece;
  Status written;
  while (written && !sealer.done()) {
    piece.clear();
    const auto start = std::chrono::steady_clock::now();
    while (!sealer.done() && piece.size() < kWritePieceBytes) sealer.append_next(piece);
    result_.seal_s += seconds_since(start);
    written = co_await http_->write_body(piece);
    note_written();
    if (written) result_.sealed_bytes_sent += piece.size();
  }
  if (written) written = co_await http_->finish_body();
  if (written || reached_ == Reached::kNothingWritten || stop_.stop_requested()) co_return written;

  // A server that refuses early gives a reason and closes; whatever it is, the request has failed.
  const auto head = co_await http_->read_head(net::deadline_in(kHintTime));
  if (!head || head->status == 200) co_return written;
  Error refusal = co_await plain_refusal(head->status);
  co_return fail(std::move(refusal));
}

net::Task<Error> Attempt::plain_refusal(int status) {
  plain_status_ = status;
  Bytes hint;
  const auto deadline = net::deadline_in(kHintTime);
  while (hint.size() < kHintLimitBytes) {
    const auto piece = co_await http_->read_body(deadline);
    if (!piece || piece->empty() || std::chrono::steady_clock::now() >= deadline) break;
    append(hint, *piece);
  }
  co_return plain_error("sealed request", status, hint);
}

net::Task<Status> Attempt::read_reply_start() {
  auto answered = co_await http_->read_head(deadline_);
  if (!answered) {
    Error error = std::move(answered).error();
    if (error.code == ErrorCode::kTruncated)
      error.code = ErrorCode::kNetwork;  // nothing sealed has come yet that could be truncated
    co_return fail(std::move(error));
  }
  const net::ResponseHead& head = *answered;
  if (head.status == 200) co_return Status{};
  Error refusal = co_await plain_refusal(head.status);
  co_return fail(std::move(refusal));
}

Error Attempt::inside_reply(Error error) const {
  if (error.code == ErrorCode::kNetwork) error.code = ErrorCode::kTruncated;
  return std::move(error).in("sealed reply");
}

net::Task<Status> Attempt::read_records(session::RecordReader& reader) {
  while (!reader.final_seen()) {
    auto piece = co_await http_->read_body(deadline_);
    if (!piece) co_return fail(inside_reply(std::move(piece).error()));
    if (piece->empty()) co_return reader.finish();
    MutableBytes left = *piece;
    for (;;) {
      const auto start = std::chrono::steady_clock::now();
      MINIONS_CO_TRY_ASSIGN(const std::optional<session::Record> record, reader.next(left));
      result_.open_s += seconds_since(start);
      if (!record) break;
      MINIONS_CO_TRY(take(*record));
    }
    // A steady flow of bytes would keep a read from waiting, and so from reaching its deadline.
    if (std::chrono::steady_clock::now() >= deadline_) {
      co_return fail(ErrorCode::kTimeout,
                     fmt::format("sealed reply: no record opened for {} s",
                                 std::chrono::duration_cast<std::chrono::seconds>(in_.no_progress).count()));
    }
  }
  co_return Status{};
}

// The body ends right after the final record.
net::Task<Status> Attempt::await_end(session::RecordReader& reader) {
  const auto deadline = net::deadline_in(std::min(kBodyEndTime, in_.no_progress));
  auto piece = co_await http_->read_body(deadline);
  if (!piece)
    co_return fail(ErrorCode::kTruncated, "sealed reply: no end after its final record: " + piece.error().detail);
  if (!piece->empty()) {
    MutableBytes surplus = *piece;
    MINIONS_CO_TRY(reader.next(surplus));
  }
  co_return reader.finish();
}

Status Attempt::take(const session::Record& record) {
  deadline_ = net::deadline_in(in_.no_progress);
  reached(Reached::kReplyBegun);  // filler, too, says that the server works on the request
  if (record.type == session::RecordType::kFiller) {
    in_.sink.waiting();
    return {};
  }
  const std::string_view text = as_text(record.data);
  switch (record.type) {
    case session::RecordType::kHead: return take_head(text);
    case session::RecordType::kData: return take_data(text);
    case session::RecordType::kTrailer: {
      auto trailer = session::ReplyTrailer::parse(text);
      if (!trailer) return fail(ErrorCode::kTampered, "sealed reply: trailer: " + trailer.error().detail);
      trailer_ = *std::move(trailer);
      return {};
    }
    case session::RecordType::kAlert: return take_alert(text);
    case session::RecordType::kFiller: return {};
  }
  return {};
}

Status Attempt::take_head(std::string_view json) {
  reply_hash_.head(as_bytes(json));
  if (result_.transcript) result_.transcript->reply_head = json;
  auto head = session::ReplyHead::parse(json);
  if (!head) return fail(ErrorCode::kTampered, "sealed reply: head: " + head.error().detail);
  head_ = *std::move(head);
  if (!in_.sink.head(head_)) return fail(ErrorCode::kCancelled, "cancelled by the reader of the reply");
  return {};
}

Status Attempt::take_data(std::string_view piece) {
  reached(Reached::kDataGiven);
  if (!result_.first_data) result_.first_data = std::chrono::steady_clock::now();
  reply_hash_.data(as_bytes(piece));
  if (result_.transcript) result_.transcript->reply_data.append(piece);
  if (!in_.sink.data(piece)) return fail(ErrorCode::kCancelled, "cancelled by the reader of the reply");
  return {};
}

Status Attempt::take_alert(std::string_view json) {
  auto alert = session::Alert::parse(json);
  if (!alert) return fail(ErrorCode::kTampered, "sealed reply: alert: " + alert.error().detail);
  const ErrorCode code =
      alert->code == session::AlertCode::kUnauthorized ? ErrorCode::kUnauthorized : ErrorCode::kBackend;
  std::string detail =
      fmt::format("the server says {}: {}", session::name_of(alert->code), attestation::shown(alert->message));
  alert_ = *std::move(alert);
  return fail(code, std::move(detail));
}

Result<SealedReply> Attempt::verify(const Digest32& request) {
  const Digest32 reply = std::move(reply_hash_).finish();
  if (result_.transcript) {
    result_.transcript->receipt = trailer_->receipt;
    result_.transcript->usage = trailer_->usage;
  }
  MINIONS_TRY(in_.session.check(*trailer_, n_, request, reply));
  SealedReply complete;
  complete.head = std::move(head_);
  complete.session = in_.session.parameters().session;
  complete.n = n_;
  complete.usage = std::move(trailer_->usage);
  complete.receipt = trailer_->receipt;
  return complete;
}

}  // namespace

net::Task<Result<std::unique_ptr<net::ClientExchange>>> open_pinned(const Transport& transport,
                                                                    const attestation::Statement& statement,
                                                                    const attestation::PolicyRules& policy,
                                                                    std::stop_token stop) {
  MINIONS_CO_TRY_ASSIGN(std::unique_ptr<net::ClientExchange> exchange, co_await transport.open(std::move(stop)));
  const attestation::Check check = attestation::check_tls(statement, policy, describe(*exchange));
  if (check.outcome == attestation::Outcome::kFail)
    co_return fail(attestation::refusal(check, "nothing was sent on this connection"));
  co_return exchange;
}

net::Task<AttemptResult> attempt(const AttemptInput& input, std::stop_token stop) {
  Attempt attempt(input, std::move(stop));
  co_return co_await attempt.run();
}

}  // namespace minions::client
