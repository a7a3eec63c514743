#include "gateway/reply_writer.h"

#include <algorithm>

namespace minions::gateway {
namespace {

using session::Alert;
using session::AlertCode;
using session::PaddingMode;
using session::Processed;
using session::RecordType;

// The most that tick and constant hold back; beyond it the backend waits.
constexpr std::size_t kQueueLimit = session::kMaxRecordData;
// Small pieces are joined up to this size.
constexpr std::size_t kJoinLimit = 16 * 1024;

bool is_header_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

}  // namespace

ReplyWriter::ReplyWriter(Context& context, net::HttpExchange& http, const session::ServerSession& session,
                         ReceivedRequest& request)
    : context_(context),
      http_(http),
      session_(session),
      request_(request),
      sealer_(request.keys.context, request.keys.reply_key.reveal(), session.parameters().padding) {}

net::Deadline ReplyWriter::model_deadline() const { return net::deadline_in(context_.settings.model_time); }

void ReplyWriter::seal(RecordType type, ByteView data) {
  const std::size_t size = sealer_.record_size(type, data.size());
  sealer_.seal(type, data, http_.reply_space(size));
  http_.commit(size);
}

void ReplyWriter::seal_data(ByteView data) {
  while (!data.empty()) {
    const ByteView piece = data.first(std::min(data.size(), session::kMaxRecordData));
    seal(RecordType::kData, piece);
    data = data.subspan(piece.size());
  }
}

net::Task<Status> ReplyWriter::flush() {
  auto flushed = co_await http_.flush(net::deadline_in(context_.settings.write_stall));
  if (!flushed) reader_failed_ = true;
  co_return flushed;
}

net::Task<StreamOutcome> ReplyWriter::write() {
  const net::Header headers[] = {{"content-type", "application/octet-stream"},
                                 {"cache-control", "no-store, no-transform"},
                                 {"x-accel-buffering", "no"}};
  if (!http_.begin_reply(200, headers)) {
    http_.abort();
    co_return StreamOutcome::kCancelled;
  }
  StreamOutcome outcome = StreamOutcome::kAlert;
  if (request_.refusal) {
    outcome = co_await write_alert(*request_.refusal);
  } else if (request_.failure) {
    outcome = co_await write_api_failure(*request_.failure);
  } else if (request_.call == nullptr) {
    seal_head({204, {}});
    outcome = co_await write_trailer();
  } else {
    outcome = co_await write_reply_of_model();
  }
  co_return outcome;
}

void ReplyWriter::seal_head(const backend::BackendReplyHead& head) {
  session::ReplyHead sealed{head.status, {}};
  if (!head.content_type.empty() && is_header_value(head.content_type))
    sealed.headers.emplace_back("content-type", head.content_type);
  seal(RecordType::kHead, as_bytes(sealed.to_json()));
}

net::Task<StreamOutcome> ReplyWriter::write_reply_of_model() {
  const PaddingMode mode = session_.parameters().padding;
  Status passed;
  if (mode == PaddingMode::kOff || mode == PaddingMode::kBucket) {
    passed = co_await pass_at_once();
  } else {
    passed = co_await pass_by_tick();
  }
  StreamOutcome outcome = StreamOutcome::kComplete;
  if (passed) {
    outcome = co_await write_trailer();
  } else {
    outcome = co_await write_failure(passed.error());
  }
  co_return outcome;
}

net::Task<Result<backend::BackendReplyHead>> ReplyWriter::read_head() {
  const auto asked = std::chrono::steady_clock::now();
  auto head = co_await request_.call->head(model_deadline());
  if (!head) co_return fail(std::move(head).error());
  context_.metrics.first_byte_seconds.Observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count());
  if (head->status < 200 || head->status > 599)
    co_return fail(ErrorCode::kBackend, "the model server answered with an invalid HTTP status");
  co_return *std::move(head);
}

// Sends a filler record where the model has been silent for a while: what resets the client's timer is authenticated.
// On the connection's thread, and only while the writer waits for the model and so writes nothing itself.
struct ReplyWriter::WaitingSigns : std::enable_shared_from_this<ReplyWriter::WaitingSigns> {
  WaitingSigns(net::Executor executor, ReplyWriter& of)
      : timer(executor), sent(executor, net::kNoDeadline), writer(&of) {}

  void begin(SteadyTime now) {
    since = now;
    is_waiting = true;
  }
  [[nodiscard]] net::Task<void> sent_last() {
    while (is_sending) co_await sent.async_wait(net::use_task_tuple);
  }
  void arm(SteadyTime at) {
    timer.expires_at(at);
    timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->look();
    });
  }
  void look() {
    if (writer == nullptr) return;
    const auto now = std::chrono::steady_clock::now();
    const SteadyTime due = (is_waiting ? since : now) + writer->context_.settings.waiting_sign;
    if (!is_waiting || now < due) return arm(due);
    is_sending = true;
    net::spawn(writer->http_.executor(), writer->send_sign(shared_from_this()));
  }
  void leave() {
    writer = nullptr;
    timer.cancel();
  }

  net::Timer timer;
  net::Timer sent;
  ReplyWriter* writer;  // null once it has left
  SteadyTime since;     // the wait began, or the last sign was sent
  bool is_waiting = false;
  bool is_sending = false;
};

net::Task<void> ReplyWriter::send_sign(std::shared_ptr<WaitingSigns> signs) {
  seal(RecordType::kFiller, {});
  const Status flushed = co_await flush();
  signs->since = std::chrono::steady_clock::now();
  signs->is_sending = false;
  signs->sent.cancel();
  if (!flushed) {
    request_.call->cancel();
  } else {
    signs->arm(signs->since + context_.settings.waiting_sign);
  }
}

net::Task<Status> ReplyWriter::pass_at_once() {
  struct Leaving {
    std::shared_ptr<WaitingSigns> signs;
    ~Leaving() { signs->leave(); }
  };
  const Leaving leaving{std::make_shared<WaitingSigns>(http_.executor(), *this)};
  leaving.signs->arm(std::chrono::steady_clock::now() + context_.settings.waiting_sign);
  co_return co_await pass_at_once(*leaving.signs);
}

net::Task<Status> ReplyWriter::pass_at_once(WaitingSigns& signs) {
  signs.begin(std::chrono::steady_clock::now());
  auto head = co_await read_head();
  signs.is_waiting = false;
  if (signs.is_sending) co_await signs.sent_last();
  if (!head) co_return fail(std::move(head).error());
  seal_head(*head);
  Bytes joined;
  for (;;) {
    const net::Deadline deadline = model_deadline();
    signs.begin(deadline - context_.settings.model_time);
    const auto first = co_await request_.call->read(deadline);
    signs.is_waiting = false;
    if (signs.is_sending) co_await signs.sent_last();
    if (!first) co_return fail(first.error());
    // What came with it goes in the same record and, with the end, in the same write.
    ByteView data = *first;
    bool ended = data.empty();
    Status received;
    joined.clear();
    while (!ended && data.size() < kJoinLimit) {
      const auto more = request_.call->read_received();
      if (!more) received = fail(more.error());
      if (!more || !*more) break;
      ended = (*more)->empty();
      if (joined.empty()) append(joined, data);
      append(joined, **more);
      data = joined;
    }
    usage_.take(data);
    seal_data(data);
    if (!received || ended) co_return received;
    MINIONS_CO_TRY(co_await flush());
  }
}

// What has come from the backend and is not yet sealed. One coroutine fills it, one empties it, on one thread.
struct ReplyWriter::TickQueue : std::enable_shared_from_this<ReplyWriter::TickQueue> {
  explicit TickQueue(net::Executor executor) : changed(executor), signs(executor) {}

  std::optional<backend::BackendReplyHead> head;
  Bytes data;
  std::optional<Status> end;  // how the backend's reply ended
  bool writer_gone = false;
  net::Timer
      changed;  // only one of the two waits at a time: the filler while the queue is full, the other while it is not

  [[nodiscard]] bool full() const { return data.size() >= kQueueLimit; }
  [[nodiscard]] net::Task<void> wait(net::Deadline until) {
    changed.expires_at(until);
    co_await changed.async_wait(net::use_task_tuple);
  }
  void notify() { changed.cancel(); }

  // A timer of its own, which is set once a sign: what waits for data has no deadline.
  void arm(std::chrono::milliseconds sign) {
    signs.expires_at(last_sent + sign);
    signs.async_wait([self = shared_from_this(), sign](boost::system::error_code error) {
      if (error) return;
      if (std::chrono::steady_clock::now() < self->last_sent + sign) return self->arm(sign);
      self->sign_due = true;
      self->notify();
    });
  }
  void note_sent(std::chrono::milliseconds sign) {
    last_sent = std::chrono::steady_clock::now();
    if (std::exchange(sign_due, false)) arm(sign);
  }

  net::Timer signs;
  SteadyTime last_sent = std::chrono::steady_clock::now();
  bool sign_due = false;  // nothing was sent for a while
};

net::Task<void> ReplyWriter::fill(std::shared_ptr<TickQueue> queue) {
  auto head = co_await read_head();
  if (!head) {
    queue->end = fail(std::move(head).error());
  } else {
    queue->head = *std::move(head);
  }
  queue->notify();
  while (!queue->end) {
    while (queue->full() && !queue->writer_gone) co_await queue->wait(net::kNoDeadline);
    const auto piece = co_await request_.call->read(model_deadline());
    if (!piece) {
      queue->end = fail(piece.error());
    } else if (piece->empty()) {
      queue->end = Status{};
    } else {
      usage_.take(*piece);
      append(queue->data, *piece);
    }
    queue->notify();
  }
}

net::Task<Status> ReplyWriter::pass_by_tick() {
  auto queue = std::make_shared<TickQueue>(http_.executor());
  if (session_.parameters().padding == PaddingMode::kTick) queue->arm(context_.settings.waiting_sign);
  // Runs beside this task and ends before it: a cancelled call returns no further piece.
  net::spawn(http_.executor(), fill(queue));
  const Status written = co_await empty(queue);
  if (!written) {
    queue->writer_gone = true;
    request_.call->cancel();
    queue->notify();
  }
  while (!queue->end) co_await queue->wait(net::kNoDeadline);
  queue->signs.cancel();
  if (!written) co_return written;
  co_return *queue->end;
}

net::Task<Status> ReplyWriter::empty(std::shared_ptr<TickQueue> queue) {
  const bool constant = session_.parameters().padding == PaddingMode::kConstant;
  const std::chrono::milliseconds tick(session_.parameters().tick_ms);

  // Records leave on a grid of ticks, so that the time of a token is not visible.
  const SteadyTime start = std::chrono::steady_clock::now();
  const auto next_tick = [&] { return start + ((std::chrono::steady_clock::now() - start) / tick + 1) * tick; };
  Bytes taken;
  bool head_sealed = false;
  bool data_sealed = false;
  for (;;) {
    while (!constant && !queue->end && queue->data.empty() && (head_sealed || !queue->head) && !queue->sign_due)
      co_await queue->wait(net::kNoDeadline);
    // The head, the first data and the end go at once; the rest, and everything with `constant`, waits for its tick.
    const SteadyTime until = next_tick();
    while ((constant || (data_sealed && !queue->data.empty())) && !queue->end && !queue->full() &&
           std::chrono::steady_clock::now() < until) {
      co_await queue->wait(until);
    }
    if (!head_sealed && queue->head) {
      seal_head(*queue->head);
      head_sealed = true;
    } else if (queue->data.empty() && !queue->end) {
      seal(RecordType::kFiller, {});
    }
    if (head_sealed && !queue->data.empty()) {
      taken.swap(queue->data);
      queue->notify();
      seal_data(taken);
      taken.clear();
      data_sealed = true;
    }
    if (queue->end && queue->data.empty()) co_return Status{};
    MINIONS_CO_TRY(co_await flush());
    queue->note_sent(context_.settings.waiting_sign);
  }
}

net::Task<StreamOutcome> ReplyWriter::write_failure(const Error& error) {
  if (reader_failed_) {
    http_.abort();
    co_return StreamOutcome::kCancelled;
  }
  Alert alert{AlertCode::kBackendFailed, "the model server broke off", Processed::kYes};
  if (error.code == ErrorCode::kTimeout)
    alert = {AlertCode::kTimeout, "the model server was silent for too long", Processed::kYes};
  // It names the encoding that the model server chose.
  if (error.code == ErrorCode::kUnsupported)
    alert = {AlertCode::kBackendFailed, "the model server: " + error.detail, Processed::kYes};
  // Refused before anything was computed: an engine takes a place once a request is complete.
  if (error.code == ErrorCode::kBusy) alert = {AlertCode::kOverloaded, error.detail, Processed::kNo};
  if (error.code == ErrorCode::kCancelled)
    alert = {AlertCode::kCancelled, "the request was cancelled", Processed::kYes};
  const StreamOutcome outcome = co_await write_alert(alert);
  co_return outcome;
}

net::Task<StreamOutcome> ReplyWriter::write_api_failure(const openai::ApiFailure& failure) {
  seal_head({failure.status, "application/json"});
  seal_data(as_bytes(openai::to_json(failure)));
  const StreamOutcome outcome = co_await write_trailer();
  co_return outcome;
}

net::Task<StreamOutcome> ReplyWriter::write_alert(const Alert& alert) {
  seal(RecordType::kAlert, as_bytes(alert.to_json()));
  const Status sent = co_await http_.finish(net::deadline_in(context_.settings.write_stall));
  co_return sent ? StreamOutcome::kAlert : StreamOutcome::kCancelled;
}

// Not a coroutine: coroutine frames are reused without being wiped, and h must be wiped with its session.
std::string ReplyWriter::signed_trailer() {
  const session::ReceiptKey& key = session_.receipt_key();
  const auto h = request_.keys.channel_binding.reveal();
  session::ReceiptSubject subject;
  subject.statement = key.statement;
  std::copy(h.begin(), h.end(), subject.channel_binding.begin());
  subject.n = request_.keys.context.n;
  subject.request = request_.transcript;
  subject.reply = std::move(sealer_).transcript();
  subject.time = context_.attestation->now();
  std::string trailer = session::signed_trailer_json(subject, usage_.finish(), *key.signer);
  crypto::wipe(subject.channel_binding);
  return trailer;
}

net::Task<StreamOutcome> ReplyWriter::write_trailer() {
  seal(RecordType::kTrailer, as_bytes(signed_trailer()));
  const Status sent = co_await http_.finish(net::deadline_in(context_.settings.write_stall));
  co_return sent ? StreamOutcome::kComplete : StreamOutcome::kCancelled;
}

}  // namespace minions::gateway
