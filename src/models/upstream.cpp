#include "models/upstream.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace minions::models {
namespace {

// A request up to this size is kept until the reply starts, so that it can be sent again on a new connection when a
// kept one turns out to be closed. Larger ones go on a new connection from the start.
constexpr std::size_t kReplayableBytes = 64 * 1024;
constexpr std::size_t kModelsReplyLimit = 1024 * 1024;

class UpstreamCall final : public BackendCall {
 public:
  UpstreamCall(net::HttpClient& client, net::Origin origin, BackendRequest request,
               std::chrono::milliseconds connect_time)
      : client_(client), origin_(std::move(origin)), request_(std::move(request)), connect_time_(connect_time) {}

  net::Task<Status> start() {
    const net::Deadline deadline = net::deadline_in(connect_time_);
    if (replayable()) {
      MINIONS_CO_TRY_ASSIGN(exchange_, co_await client_.open(origin_, deadline));
      co_return Status{};
    }
    MINIONS_CO_TRY_ASSIGN(exchange_, co_await client_.open_new(origin_, deadline));
    co_return co_await exchange_->send_head(line(), request_.headers, request_.length);
  }

  net::Task<Status> write(ByteView piece) override {
    if (!replayable()) co_return co_await exchange_->write_body(piece);
    append(kept_, piece);
    co_return Status{};
  }

  net::Task<Status> finish() override {
    if (!replayable()) co_return co_await exchange_->finish_body();
    co_return co_await exchange_->send(line(), request_.headers, kept_);
  }

  net::Task<Result<BackendReplyHead>> head(net::Deadline deadline) override {
    auto head = co_await exchange_->read_head(deadline);
    if (!head && replayable() && exchange_->reused_and_reset() && !cancelled_) {
      auto again = co_await client_.open_new(origin_, net::deadline_in(connect_time_));
      if (!again) co_return fail(std::move(again).error());
      exchange_ = *std::move(again);
      MINIONS_CO_TRY(co_await exchange_->send(line(), request_.headers, kept_));
      head = co_await exchange_->read_head(deadline);
    }
    if (!head) co_return fail(std::move(head).error());
    kept_ = {};
    BackendReplyHead reply{head->status, {}};
    if (const auto type = net::find(head->headers, "content-type")) reply.content_type = *type;
    co_return reply;
  }

  net::Task<Result<ByteView>> read(net::Deadline deadline) override {
    auto piece = co_await exchange_->read_body(deadline);
    if (!piece) co_return fail(std::move(piece).error());
    co_return ByteView(*piece);
  }

  Result<std::optional<ByteView>> read_received() override {
    MINIONS_TRY_ASSIGN(const std::optional<MutableBytes> piece, exchange_->read_received_body());
    if (!piece) return std::nullopt;
    return ByteView(*piece);
  }

  void cancel() override {
    cancelled_ = true;
    if (exchange_) exchange_->cancel();
  }

 private:
  [[nodiscard]] net::RequestLine line() const { return {request_.method, request_.path}; }
  [[nodiscard]] bool replayable() const { return request_.length <= kReplayableBytes; }

  net::HttpClient& client_;
  net::Origin origin_;
  BackendRequest request_;
  std::chrono::milliseconds connect_time_;
  std::unique_ptr<net::ClientExchange> exchange_;
  Bytes kept_;
  bool cancelled_ = false;
};

Result<std::vector<ModelInfo>> parse_models(std::string_view body) {
  const Json list = Json::parse(body, nullptr, false);
  if (!list.is_object() || !list.contains("data") || !list["data"].is_array()) {
    return fail(ErrorCode::kBackend, "/v1/models: the reply has no list of models");
  }
  std::vector<ModelInfo> models;
  for (const Json& entry : list["data"]) {
    if (!entry.is_object() || !entry.contains("id") || !entry["id"].is_string()) continue;
    models.push_back({entry["id"].get<std::string>(), ""});
  }
  return models;
}

}  // namespace

Upstream::Upstream(UpstreamOptions options)
    : options_(std::move(options)), prefix_(options_.url.base_path), clients_(options_.threads + 1) {
  if (prefix_.ends_with("/v1")) prefix_.resize(prefix_.size() - 3);
}
Upstream::~Upstream() = default;

net::Origin Upstream::origin() const {
  return {.url = options_.url, .tls = options_.tls, .pool_key = {}, .on_connected = {}};
}

net::Task<Result<std::unique_ptr<BackendCall>>> Upstream::open(BackendRequest request, net::Executor executor,
                                                               std::size_t thread_index) {
  auto& client = clients_[thread_index];
  if (client == nullptr)
    client = std::make_unique<net::HttpClient>(executor, net::ClientOptions{.max_idle_per_origin = 256});
  request.path = prefix_ + request.path;
  auto call = std::make_unique<UpstreamCall>(*client, origin(), std::move(request), options_.connect_time);
  MINIONS_CO_TRY(co_await call->start());
  co_return std::unique_ptr<BackendCall>(std::move(call));
}

net::Task<Result<std::vector<ModelInfo>>> Upstream::models(net::Executor executor) {
  net::HttpClient client(executor, {});
  BackendRequest request{.method = "GET", .path = prefix_ + "/v1/models", .headers = {{"accept", "application/json"}}};
  UpstreamCall call(client, origin(), std::move(request), options_.connect_time);
  MINIONS_CO_TRY(co_await call.start());
  MINIONS_CO_TRY(co_await call.finish());
  const net::Deadline deadline = net::deadline_in(options_.connect_time);
  MINIONS_CO_TRY_ASSIGN(const BackendReplyHead head, co_await call.head(deadline));
  if (head.status != 200)
    co_return fail(ErrorCode::kBackend, fmt::format("/v1/models: want status 200, found {}", head.status));
  std::string body;
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const ByteView piece, co_await call.read(deadline));
    if (piece.empty()) break;
    body += as_text(piece);
    if (body.size() > kModelsReplyLimit) co_return fail(ErrorCode::kTooLarge, "/v1/models: the reply is over 1 MiB");
  }
  co_return parse_models(body);
}

}  // namespace minions::models
