#include "upstream/upstream.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>

#include "openai/model_list.h"
#include "upstream/cache_members.h"
#include "upstream/cached_counts.h"

namespace minions::upstream {
namespace {

// A request up to this size is kept until the reply starts, so that it can be sent again on a new connection if a kept
// one turns out to be closed. Larger requests use a new connection from the start.
constexpr std::size_t kReplayableBytes = 64 * 1024;
constexpr std::size_t kModelsReplyLimit = 1024 * 1024;
constexpr std::size_t kApiReplyLimit = 8 * 1024 * 1024;

constexpr int kAskedAgain = 3;  // before a question that finds its connections closed each time

openai::PromptCache stated(UpstreamCache cache) {
  switch (cache) {
    case UpstreamCache::kSalt: return openai::PromptCache::kSession;
    case UpstreamCache::kOff: return openai::PromptCache::kNone;
    case UpstreamCache::kAsk:
    case UpstreamCache::kShared: return openai::PromptCache::kShared;
  }
  return openai::PromptCache::kShared;
}

// What the server does with its cache, and what a question tells it about that.
struct CacheTerms {
  UpstreamCache cache;
  std::string members;
};

// A statement holds for its sessions: they rely on it as long as they last, whatever server is there now.
std::string members_of(bool salted, bool off, const std::string& salt) {
  std::string members;
  if (salted) members = fmt::format(R"("cache_salt":"{}")", salt);
  if (off) members += fmt::format(R"({}"cache_prompt":false)", members.empty() ? "" : ",");
  return members;
}

class UpstreamCall final : public backend::BackendCall {
 public:
  // Asks the server again what it does with its cache, before sending it another question.
  using Recheck = std::function<net::Task<Result<CacheTerms>>()>;
  UpstreamCall(net::HttpClient& client, net::Origin origin, backend::BackendRequest request,
               std::chrono::milliseconds connect_time, CacheTerms terms, std::atomic<std::uint64_t>& breaks,
               Recheck recheck)
      : client_(client),
        origin_(std::move(origin)),
        request_(std::move(request)),
        connect_time_(connect_time),
        terms_(std::move(terms)),
        breaks_(breaks),
        recheck_(std::move(recheck)),
        members_(terms_.members, shares()) {}

  net::Task<Status> start() {
    const Status started = co_await connect();
    if (!started) note_break(started.error());
    co_return started;
  }

  net::Task<Status> connect() {
    const net::Deadline deadline = net::deadline_in(connect_time_);
    if (replayable()) {
      const std::uint64_t broken = client_.broken_while_kept();
      auto opened = co_await client_.open(origin_, deadline);
      if (client_.broken_while_kept() != broken) ++breaks_;
      MINIONS_CO_TRY_ASSIGN(exchange_, std::move(opened));
      co_return Status{};
    }
    MINIONS_CO_TRY_ASSIGN(exchange_, co_await client_.open_new(origin_, deadline));
    co_return co_await exchange_->send_head(line(), request_.headers, request_.length + members_.added_bytes());
  }

  net::Task<Status> write(ByteView piece) override {
    if (replayable()) {
      append(kept_, piece);
      co_return Status{};
    }
    Bytes out;
    members_.take(piece, out);
    co_return co_await exchange_->write_body(out);
  }

  net::Task<Status> finish() override {
    if (replayable()) co_return co_await send_kept();
    Bytes out;
    members_.finish(out);
    MINIONS_CO_TRY(co_await exchange_->write_body(out));
    co_return co_await exchange_->finish_body();
  }

  net::Task<Result<backend::BackendReplyHead>> head(net::Deadline deadline) override {
    auto head = co_await exchange_->read_head(deadline);
    if (!head && replayable() && exchange_->reused_and_reset() && !cancelled_) {
      ++breaks_;
      if (recheck_) {
        MINIONS_CO_TRY_ASSIGN(terms_, co_await recheck_());
      }
      auto again = co_await client_.open_new(origin_, net::deadline_in(connect_time_));
      if (!again) {
        note_break(again.error());
        co_return fail(std::move(again).error());
      }
      exchange_ = *std::move(again);
      MINIONS_CO_TRY(co_await send_kept());
      head = co_await exchange_->read_head(deadline);
    }
    if (!head) {
      note_break(head.error());
      co_return fail(std::move(head).error());
    }
    kept_ = {};
    backend::BackendReplyHead reply{head->status, {}};
    if (const auto type = net::find(head->headers, "content-type")) reply.content_type = *type;
    co_return reply;
  }

  net::Task<Result<ByteView>> read(net::Deadline deadline) override {
    passed_.clear();
    for (;;) {
      auto piece = co_await exchange_->read_body(deadline);
      if (!piece) {
        note_break(piece.error());
        co_return fail(std::move(piece).error());
      }
      const ByteView passed = pass(*piece);
      if (!passed.empty() || piece->empty()) co_return passed;
    }
  }

  Result<std::optional<ByteView>> read_received() override {
    for (;;) {
      MINIONS_TRY_ASSIGN(const std::optional<MutableBytes> piece, exchange_->read_received_body());
      if (!piece) return std::nullopt;
      const ByteView passed = pass(*piece);
      if (!passed.empty() || piece->empty()) return passed;
    }
  }

  void cancel() override {
    cancelled_ = true;
    if (exchange_) exchange_->cancel();
  }

 private:
  [[nodiscard]] net::RequestLine line() const { return {request_.method, request_.path}; }
  [[nodiscard]] bool replayable() const { return request_.length <= kReplayableBytes; }
  // With what the server that is there now must be told.
  net::Task<Status> send_kept() {
    CacheMembers members(terms_.members, shares());
    Bytes body;
    members.take(kept_, body);
    if (request_.length > 0) members.finish(body);
    co_return co_await exchange_->send(line(), request_.headers, body);
  }
  // If the caller aborted or did not wait, that reveals nothing about the server.
  void note_break(const Error& error) {
    if (!cancelled_ && error.code != ErrorCode::kCancelled && error.code != ErrorCode::kTimeout) ++breaks_;
  }
  [[nodiscard]] bool shares() const { return stated(terms_.cache) == openai::PromptCache::kShared; }
  // What the client may see of a piece; if empty, the reply has ended: what was held back.
  ByteView pass(ByteView piece) {
    if (!shares() || (!piece.empty() && counts_.take_unchanged(piece))) return piece;
    Bytes& passed = passed_.emplace_back();
    if (piece.empty()) counts_.finish(passed);
    if (!piece.empty()) counts_.take(piece, passed);
    return passed;
  }

  net::HttpClient& client_;
  net::Origin origin_;
  backend::BackendRequest request_;
  std::chrono::milliseconds connect_time_;
  CacheTerms terms_;
  std::atomic<std::uint64_t>& breaks_;
  Recheck recheck_;
  CacheMembers members_;
  CachedCounts counts_;
  std::list<Bytes> passed_;  // pieces of the reply since the last read; they stay valid
  std::unique_ptr<net::ClientExchange> exchange_;
  Bytes kept_;  // the body as received, to be sent again
  bool cancelled_ = false;
};

// From a server that is not ready, or asked too often: its reply does not show what it does.
bool is_transient(int status) { return status == 408 || status == 425 || status == 429 || status >= 500; }

Result<std::vector<openai::ModelInfo>> parse_models(std::string_view body) {
  auto listed = openai::parse_model_list(body);
  if (!listed) return fail(std::move(listed).error().in("/v1/models"));
  std::vector<openai::ModelInfo> models;
  for (openai::ListedModel& model : *listed) models.push_back({std::move(model.id), std::move(model.owned_by)});
  return models;
}

}  // namespace

Upstream::Upstream(UpstreamOptions options)
    : options_(std::move(options)),
      prefix_(options_.url.base_path),
      cache_(options_.cache),
      was_salted_(options_.cache == UpstreamCache::kSalt),
      was_off_(options_.cache == UpstreamCache::kOff) {
  if (prefix_.ends_with("/v1")) prefix_.resize(prefix_.size() - 3);
}
Upstream::~Upstream() = default;

net::HttpClient& Upstream::client_of(net::Executor executor) {
  const std::lock_guard lock(mutex_);
  auto& client = clients_[&executor.context()];
  if (client == nullptr) {
    client =
        std::make_unique<net::HttpClient>(executor, net::ClientOptions{.max_idle_per_origin = 16, .max_idle = 512});
  }
  return *client;
}

net::Task<Result<std::unique_ptr<backend::BackendCall>>> Upstream::open(backend::BackendRequest request,
                                                                        net::Executor executor) {
  request.path = prefix_ + request.path;
  // Each session has its own connection: if a server misreads a request, it answers the next one on the connection with
  // data of this one.
  net::Origin origin{.url = options_.url, .tls = options_.tls, .pool_key = request.session, .on_connected = {}};
  const auto ask = [this, executor, stated_divided = request.cache_stated_divided,
                    salt = request.cache_salt]() -> net::Task<Result<CacheTerms>> {
    MINIONS_CO_TRY_ASSIGN(const UpstreamCache cache, co_await known_cache(stated_divided, executor));
    co_return CacheTerms{cache, members_of(was_salted_, was_off_, salt)};
  };
  // The start sends nothing of the request: a connection that turned out to be closed may have been to another server.
  for (int tries = 0;; ++tries) {
    MINIONS_CO_TRY_ASSIGN(CacheTerms terms, co_await ask());
    auto call = std::make_unique<UpstreamCall>(client_of(executor), origin, request, options_.connect_time,
                                               std::move(terms), breaks_, ask);
    const std::uint64_t breaks = breaks_;
    MINIONS_CO_TRY(co_await call->start());
    if (breaks == breaks_ || tries == kAskedAgain) co_return std::unique_ptr<backend::BackendCall>(std::move(call));
  }
}

net::Task<Result<UpstreamCache>> Upstream::known_cache(bool stated_divided, net::Executor executor) {
  const std::uint64_t breaks = breaks_;
  co_await ask_where_unknown(executor);
  const bool unknown = options_.cache == UpstreamCache::kAsk && breaks_asked_ < breaks;
  if (stated_divided && unknown)
    co_return fail(ErrorCode::kRefused,
                   "the model server has not said since a break what it does with its prompt cache");
  const UpstreamCache cache = cache_;
  if (stated_divided && stated(cache) == openai::PromptCache::kShared)
    co_return fail(ErrorCode::kRefused, "the model server divides its prompt cache less than is stated");
  co_return cache;
}

net::Task<void> Upstream::ask_where_unknown(net::Executor executor) {
  if (options_.cache != UpstreamCache::kAsk) co_return;
  if (cache_ != UpstreamCache::kAsk && breaks_ == breaks_asked_) co_return;
  // If it cannot be reached now, the question will report it.
  const auto listed = co_await models(executor);
  static_cast<void>(listed);
}

void Upstream::forget(std::string_view session) {
  const std::string key(session);
  const std::lock_guard lock(mutex_);
  for (const auto& [context, client] : clients_) client->close_idle(key);
}

net::Task<Result<Upstream::Fetched>> Upstream::get(net::HttpClient& client, std::string path, std::size_t limit_bytes) {
  const std::string name = path;
  backend::BackendRequest request{.method = "GET",
                                  .path = prefix_ + path,
                                  .headers = {{"accept", "application/json"}, {"accept-encoding", "identity"}}};
  net::Origin origin{.url = options_.url, .tls = options_.tls, .pool_key = {}, .on_connected = {}};
  UpstreamCall call(client, std::move(origin), std::move(request), options_.connect_time, {UpstreamCache::kOff, {}},
                    breaks_, {});
  MINIONS_CO_TRY(co_await call.start());
  MINIONS_CO_TRY(co_await call.finish());
  const net::Deadline deadline = net::deadline_in(options_.connect_time);
  MINIONS_CO_TRY_ASSIGN(const backend::BackendReplyHead head, co_await call.head(deadline));
  Fetched fetched{head.status, {}};
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const ByteView piece, co_await call.read(deadline));
    if (piece.empty()) break;
    fetched.body += as_text(piece);
    if (fetched.body.size() > limit_bytes)
      co_return fail(ErrorCode::kBackend, fmt::format("{}: the reply is over {} MiB", name, limit_bytes >> 20));
  }
  co_return fetched;
}

net::Task<Result<std::vector<openai::ModelInfo>>> Upstream::models(net::Executor executor) {
  const std::uint64_t breaks = breaks_;
  net::HttpClient client(executor, {});
  MINIONS_CO_TRY_ASSIGN(const Fetched list, co_await get(client, "/v1/models", kModelsReplyLimit));
  Result<std::vector<openai::ModelInfo>> listed =
      fail(ErrorCode::kBackend, fmt::format("/v1/models: want status 200, found {}", list.status));
  if (list.status == 200) listed = parse_models(list.body);
  std::vector<openai::ModelInfo> models = listed.value_or(std::vector<openai::ModelInfo>());
  // A server that is not ready reveals nothing: what was known of it stays, as long as it is the same.
  if (options_.cache == UpstreamCache::kAsk && !is_transient(list.status)) {
    const UpstreamCache found = co_await ask_about_cache(client, models);
    if (found != UpstreamCache::kAsk) {
      use(found);
      breaks_asked_ = std::max(breaks_asked_.load(), breaks);
    }
  }
  if (!listed) co_return listed;
  for (openai::ModelInfo& model : models) model.prompt_cache = stated(cache_);
  co_return models;
}

void Upstream::use(UpstreamCache found) {
  cache_ = found;
  if (found == UpstreamCache::kSalt) was_salted_ = true;
  if (found == UpstreamCache::kOff) was_off_ = true;
}

// llama-server keeps nothing of a request that asks for that. Other servers that divide their cache name `cache_salt`
// in their API description: vLLM from 0.9 on, and SGLang. If models have several owners, servers of several kinds are
// behind the address, and what one of them does, or the description states, is not true of all.
net::Task<UpstreamCache> Upstream::ask_about_cache(net::HttpClient& client,
                                                   const std::vector<openai::ModelInfo>& models) {
  const auto is_owned_otherwise = [&](const openai::ModelInfo& model) {
    return model.owned_by != models.front().owned_by;
  };
  if (std::any_of(models.begin(), models.end(), is_owned_otherwise)) co_return UpstreamCache::kShared;
  if (!models.empty() && models.front().owned_by == "llamacpp") co_return UpstreamCache::kOff;
  const auto described = co_await get(client, "/openapi.json", kApiReplyLimit);
  if (!described || is_transient(described->status)) co_return UpstreamCache::kAsk;
  const bool salted = described->status == 200 && described->body.find("\"cache_salt\"") != std::string::npos;
  co_return salted ? UpstreamCache::kSalt : UpstreamCache::kShared;
}

}  // namespace minions::upstream
