#include "gateway/request_receiver.h"

#include <fmt/format.h>

#include <algorithm>

#include "attestation/core/result.h"
#include "base/byte_io.h"
#include "base/encoding.h"
#include "gateway/routes.h"

namespace minions::gateway {
namespace {

using session::Alert;
using session::AlertCode;
using session::Processed;

constexpr std::uint64_t kBytesPerSecond = 256 * 1024;

Alert refusal(AlertCode code, std::string message) { return {code, std::move(message), Processed::kNo}; }

Alert refusal_of(const Error& error) {
  if (error.code == ErrorCode::kTooLarge)
    return refusal(AlertCode::kTooLarge, "the request is over what the model server takes");
  if (error.code == ErrorCode::kBusy) return refusal(AlertCode::kOverloaded, error.detail);
  if (error.code == ErrorCode::kTimeout)
    return refusal(AlertCode::kBackendFailed, "the model server did not answer in time");
  return refusal(AlertCode::kBackendFailed, "the model server cannot be reached");
}

openai::ApiFailure no_models() {
  return {503,
          "the model server has not told its models yet, and this session's statement lists none: connect again in a "
          "while; for the operator: see what the model server's /v1/models gives",
          "model", "no_models"};
}

openai::ApiFailure model_not_stated(std::string_view model, std::size_t count) {
  return {404,
          fmt::format("the model {} is not stated: this session's statement lists {} model{}, by their exact names; "
                      "connect again for a newer statement; for the operator: the model server's /v1/models must list "
                      "it",
                      attestation::shown(model), count, count == 1 ? "" : "s"),
          "model", "model_not_stated"};
}

openai::ApiFailure cache_not_stated() {
  return {
      503,
      "the model server divides its prompt cache less than this session's statement says: connect again for a newer "
      "statement",
      "model", "cache_not_stated"};
}

openai::ApiFailure model_missing() {
  return {400, "name a model: the server cannot tell which one the model server would take", "model", "model_missing"};
}

openai::ApiFailure model_unclear() {
  return {400, "'model' must be there once, in lower case, as a string with the name of a model", "model",
          "model_unclear"};
}

}  // namespace

RequestReceiver::RequestReceiver(Context& context, net::HttpExchange& http, session::ServerSession& session,
                                 std::shared_ptr<StreamStop> stop)
    : context_(context),
      http_(http),
      session_(session),
      stop_(std::move(stop)),
      started_(std::chrono::steady_clock::now()),
      share_(context.senders.held_bytes()) {}

RequestReceiver::~RequestReceiver() { drop_call(); }

// A call that was passed on with the request is no longer here.
void RequestReceiver::drop_call() {
  if (request_.call == nullptr) return;
  stop_->call = nullptr;
  request_.call.reset();
}

int RequestReceiver::record_failed() {
  if (session_.count_bad_tag()) context_.sessions.close(session_.parameters().session);
  return 400;
}

// The sender counts as its address until an API key identifies it.
RequestReceiver::Step RequestReceiver::count_to_address() {
  AddressPermit upload = context_.senders.acquire(Limit::kAddressUploads, http_);
  if (upload.over) return refused({429, *upload.over});
  upload_permit_ = std::move(upload.permit);
  auto sender = context_.senders.address_sender(http_);
  if (sender) sender_ = sender->name;
  if (const auto over = share_.count_to(std::move(sender))) return refused({429, *over});
  return {};
}

net::Task<tl::expected<MutableBytes, PlainError>> RequestReceiver::next_piece() {
  const std::chrono::seconds earned(http_.body_bytes_received() / kBytesPerSecond);
  const auto piece = co_await http_.read_body(started_ + context_.settings.body_time + earned);
  if (!piece) co_return refused(body_error(piece.error(), Limit::kRequestBytes));
  if (const auto over = share_.receive(piece->size())) co_return refused({429, *over});
  co_return *piece;
}

net::Task<RequestReceiver::Step> RequestReceiver::read_stream_id() {
  ByteArray<sizeof(session::StreamId)> id;
  for (std::size_t have = 0; have < id.size();) {
    if (piece_.empty()) {
      const auto piece = co_await next_piece();
      if (!piece) co_return refused(piece.error());
      if (piece->empty()) co_return refused(400);
      piece_ = *piece;
    }
    const std::size_t count = std::min(id.size() - have, piece_.size());
    std::copy_n(piece_.begin(), count, id.begin() + static_cast<std::ptrdiff_t>(have));
    piece_ = piece_.subspan(count);
    have += count;
  }
  auto keys = session_.keys(load_be<session::StreamId>(id.data()));
  if (!keys) {
    if (keys.error().code == ErrorCode::kReplayed) co_return refused(409);
    co_return refused(keys.error().code == ErrorCode::kNotFound ? 404 : 400);
  }
  request_.keys = *std::move(keys);
  reader_.emplace(session::Direction::kRequest, request_.keys.context, request_.keys.request_key.reveal());
  co_return Step{};
}

net::Task<tl::expected<ReceivedRequest, PlainError>> RequestReceiver::receive() {
  if (const Step counted = count_to_address(); !counted) co_return refused(counted.error());
  const Step begun = co_await read_stream_id();
  if (!begun) co_return refused(begun.error());
  for (;;) {
    const auto record = reader_->next(piece_);
    if (!record) co_return refused(record_failed());
    if (*record) {
      const Step taken = co_await take(**record);
      if (!taken) co_return refused(taken.error());
      continue;
    }
    const auto piece = co_await next_piece();
    if (!piece) co_return refused(piece.error());
    if (piece->empty()) break;
    piece_ = *piece;
  }
  if (!reader_->finish()) co_return refused(400);
  request_.transcript = std::move(hash_).finish();
  co_await complete();
  co_return std::move(request_);
}

RequestReceiver::Step RequestReceiver::first_record_opened() {
  if (const Status marked = session_.mark(request_.keys.context.n); !marked) {
    return refused(marked.error().code == ErrorCode::kReplayed ? 409 : 404);
  }
  if (const Status proven = context_.sessions.prove(session_.parameters().session); !proven) {
    return refused(proven.error().code == ErrorCode::kBusy ? PlainError(503, Limit::kSessions) : PlainError(404));
  }
  return {};
}

net::Task<RequestReceiver::Step> RequestReceiver::take(const session::Record& record) {
  if (reader_->opened() == 1) {
    if (const Step step = first_record_opened(); !step) co_return step;
  }
  if (record.type == session::RecordType::kHead) {
    const Step judged = co_await take_head(as_text(record.data));
    co_return judged;
  }
  if (record.type == session::RecordType::kData) {
    const Step taken = co_await take_data(record.data);
    co_return taken;
  }
  if (record.type == session::RecordType::kTrailer && !session::check_request_trailer(as_text(record.data)))
    co_return refused(400);
  co_return Step{};
}

std::optional<Alert> RequestReceiver::count_session_to(const std::string& key) {
  const std::size_t most = context_.settings.key_sessions;
  const auto counted = context_.sessions.count_to(session_.parameters().session, key, most);
  if (counted && *counted == session::SessionTable::Counted::kInPlaceOfAnother)
    context_.senders.hit(Limit::kKeySessions);
  // If the session has ended meanwhile, this stream is stopped too.
  if (counted || counted.error().code != ErrorCode::kBusy) return std::nullopt;
  context_.senders.hit(Limit::kKeySessions);
  return refusal(AlertCode::kOverloaded,
                 fmt::format("a request runs in each session of this API key (--key-sessions {}): wait", most));
}

std::optional<Alert> RequestReceiver::judge_key() {
  const auto shown = session::find_header(request_.head.headers, "authorization");
  auto name = shown ? context_.api_keys->name_of(*shown) : std::nullopt;
  if (!name) {
    static_cast<void>(context_.senders.allow(Limit::kAddressFailures, http_));
    return refusal(AlertCode::kUnauthorized, "an API key of this server is needed");
  }
  if (!context_.senders.allow_request(*name)) {
    context_.senders.hit(Limit::kKeyRequestsPerMinute);
    return refusal(AlertCode::kOverloaded, "this API key's requests for the minute are used up");
  }
  request_.key_permit = context_.senders.acquire_request(*name);
  if (!request_.key_permit) {
    context_.senders.hit(Limit::kKeyConcurrentRequests);
    return refusal(AlertCode::kOverloaded, "this API key has too many requests running");
  }
  if (const auto over = share_.count_to(Sender{Limit::kKeyBytes, *name, context_.settings.key_bytes})) {
    context_.senders.hit(*over);
    return refusal(AlertCode::kOverloaded, "this API key's requests that are under way are too long together");
  }
  upload_permit_.reset();
  sender_ = *std::move(name);
  return count_session_to(sender_);
}

std::optional<Alert> RequestReceiver::judge_head() {
  if (is_closing(request_.head)) return std::nullopt;
  if (context_.api_keys != nullptr) {
    if (auto alert = judge_key()) return alert;
  }
  session_.note_authorised();
  if (!is_allowed(request_.head.method, request_.head.path)) {
    return refusal(AlertCode::kNotFound, "the server does not offer this method and path");
  }
  // Model servers that do not read a GET's body would take it for another request.
  if (request_.head.method == "GET" && request_.head.length > 0)
    return refusal(AlertCode::kBadRequest, "a GET request has no data, this one's head announces some");
  if (!says_utf8(session::find_header(request_.head.headers, "content-type").value_or("")))
    return refusal(AlertCode::kBadRequest, "the content type names another charset: requests are JSON in UTF-8");
  if (request_.head.length > context_.settings.max_request_bytes)
    return refusal(AlertCode::kTooLarge, "the request is too large");
  return std::nullopt;
}

net::Task<RequestReceiver::Step> RequestReceiver::take_head(std::string_view json) {
  hash_.head(as_bytes(json));
  auto head = session::RequestHead::parse(json);
  if (!head) co_return refused(400);
  request_.head = *std::move(head);
  request_.refusal = judge_head();
  if (request_.refusal || is_closing(request_.head)) co_return Step{};

  under_way_ = true;
  if (!asks_model(request_.head.method)) {
    co_await open_call();
    co_return Step{};
  }
  if (stated_models() == 0) {
    refuse(no_models());
    co_return Step{};
  }
  model_state_ = Model::kAwaited;
  backend_takes_data_ = true;
  co_return Step{};
}

net::Task<void> RequestReceiver::open_call() {
  backend::BackendRequest forwarded{request_.head.method, request_.head.path, {}, request_.head.length};
  forwarded.session = as_text(session_.parameters().session);
  forwarded.sender = sender_;
  forwarded.cache_salt = to_base64url(request_.keys.cache_salt);
  forwarded.cache_stated_divided = is_cache_stated_divided();
  // Data are judged as JSON in UTF-8, so the server must not read them as any other type.
  if (asks_model(request_.head.method)) forwarded.headers.push_back({"content-type", "application/json"});
  if (const auto accept = session::find_header(request_.head.headers, "accept"))
    forwarded.headers.push_back({"accept", std::string(*accept)});
  // Without it some servers and proxies choose an encoding that nobody here reads.
  forwarded.headers.push_back({"accept-encoding", "identity"});
  auto call = co_await context_.backend->open(std::move(forwarded), http_.executor());
  if (!call) {
    under_way_ = false;
    backend_takes_data_ = false;
    if (call.error().code == ErrorCode::kRefused) {
      request_.failure = cache_not_stated();
    } else {
      request_.refusal = refusal_of(call.error());
    }
    co_return;
  }
  request_.call = *std::move(call);
  backend_takes_data_ = true;
  stop_->call = request_.call.get();
  http_.on_peer_gone([stop = stop_] { stop->stop(); });
}

net::Task<void> RequestReceiver::write_held() {
  for (; backend_takes_data_ && !held_.empty(); held_.pop_front()) {
    // A backend that refuses early is asked for the reason at the end.
    const Status written = co_await request_.call->write(held_.front());
    backend_takes_data_ = written.has_value();
  }
}

// What is wrong with the data, instead of the backend's answer. The backend may have begun to read the request, and
// never sees it complete.
void RequestReceiver::refuse(std::string message) {
  drop_call();
  under_way_ = false;
  backend_takes_data_ = false;
  held_.clear();
  request_.refusal = refusal(AlertCode::kBadRequest, std::move(message));
}

void RequestReceiver::refuse(openai::ApiFailure failure) {
  drop_call();
  under_way_ = false;
  backend_takes_data_ = false;
  held_.clear();
  request_.failure = std::move(failure);
}

std::size_t RequestReceiver::stated_models() const {
  const attestation::Statement* statement = session_.statement();
  return statement == nullptr ? 0 : statement->models.size();
}

const attestation::ModelEntry* RequestReceiver::stated(std::string_view model) const {
  const attestation::Statement* statement = session_.statement();
  if (statement == nullptr) return nullptr;
  const auto found = std::find_if(statement->models.begin(), statement->models.end(),
                                  [&](const attestation::ModelEntry& entry) { return entry.id == model; });
  return found == statement->models.end() ? nullptr : &*found;
}

bool RequestReceiver::is_cache_stated_divided() const {
  using PromptCache = attestation::ModelEntry::PromptCache;
  if (!asks_model(request_.head.method)) return false;
  const attestation::ModelEntry* entry = stated(model_.id());
  return entry != nullptr && entry->prompt_cache && *entry->prompt_cache != PromptCache::kShared;
}

void RequestReceiver::judge_model(ModelScanner::Finding finding) {
  if (model_state_ == Model::kNotAsked) return;
  if (finding == ModelScanner::Finding::kUnclear) return refuse(model_unclear());
  if (model_state_ == Model::kServed) return;
  if (finding == ModelScanner::Finding::kNothing) return;
  if (finding == ModelScanner::Finding::kNamed && stated(model_.id()) == nullptr)
    return refuse(model_not_stated(model_.id(), stated_models()));
  // Which model an outside server picks by default is not stated, however short its list.
  if (finding == ModelScanner::Finding::kNone && !context_.backend->chooses_listed_model())
    return refuse(model_missing());
  model_state_ = Model::kServed;
}

void RequestReceiver::judge(MediaUrlScanner::Finding finding) {
  switch (finding) {
    case MediaUrlScanner::Finding::kNothing: return;
    case MediaUrlScanner::Finding::kRemoteMedia:
      return refuse(
          "the server fetches no addresses and opens no files: send images and other media as data: URLs, and name no "
          "MCP server");
    case MediaUrlScanner::Finding::kMalformed: return refuse("the request's data is not JSON, or nests too deep");
    case MediaUrlScanner::Finding::kIllFormedText:
      return refuse(
          "the request's data is not JSON in UTF-8: ill-formed bytes, half of a surrogate pair, a control character in "
          "a string, or U+0000 in a name");
  }
}

net::Task<RequestReceiver::Step> RequestReceiver::take_data(ByteView data) {
  hash_.data(data);
  data_received_ += data.size();
  if (under_way_) judge(scanner_.take(data));
  if (under_way_) judge_model(model_.take(data));
  if (!backend_takes_data_ || data.empty() || data_received_ > request_.head.length) co_return Step{};
  if (const auto over = share_.keep(data.size())) co_return refused({429, *over});
  const bool is_last = data_received_ == request_.head.length;
  if (is_last || model_state_ == Model::kAwaited) held_.emplace_back(data.begin(), data.end());
  if (model_state_ == Model::kAwaited) co_return Step{};
  if (request_.call == nullptr) co_await open_call();
  if (is_last) co_return Step{};
  co_await write_held();
  if (!backend_takes_data_) co_return Step{};
  const Status written = co_await request_.call->write(data);
  if (!written) backend_takes_data_ = false;
  co_return Step{};
}

net::Task<void> RequestReceiver::complete() {
  if (!under_way_) {
    if (!request_.refusal && !request_.failure && data_received_ != request_.head.length)
      request_.refusal = refusal(AlertCode::kBadRequest, "the length is wrong");
    co_return;
  }
  if (data_received_ != request_.head.length) {
    refuse("the request's data has another length than its head says");
    co_return;
  }
  judge(scanner_.finish());
  if (under_way_) judge_model(model_.finish());
  if (under_way_ && request_.call == nullptr) co_await open_call();
  if (request_.call == nullptr) co_return;
  co_await write_held();
  if (!backend_takes_data_) co_return;
  // If it fails, head() reports the reason.
  const Status finished = co_await request_.call->finish();
  static_cast<void>(finished);
}

}  // namespace minions::gateway
