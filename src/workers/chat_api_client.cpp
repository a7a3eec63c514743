#include "workers/chat_api_client.h"

#include <fmt/format.h>

#include <charconv>

#include "openai/model_list.h"

namespace minions::workers {
namespace {

constexpr std::size_t kSmallReplyBytes = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds kSmallReplyTime{30'000};

// A base path is the API's own; without one the usual path is used.
std::string openai_path(const net::Url& url, std::string_view path) {
  return (url.base_path.empty() ? "/v1" : url.base_path) + std::string(path);
}

bool may_try_again(int status) {
  return status == 408 || status == 409 || status == 429 || (status >= 500 && status <= 599);
}

// What cannot be read is the fault of the model's server.
template <class T>
Result<T> said_by_model(Result<T> result) {
  if (!result && result.error().code == ErrorCode::kMalformed) result.error().code = ErrorCode::kBackend;
  return result;
}

}  // namespace

std::optional<std::chrono::milliseconds> retry_after(std::string_view value) {
  std::uint32_t seconds = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (read.ec != std::errc() || read.ptr != value.data() + value.size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

struct ChatApiClient::Call {
  std::string method;
  std::string path;
  crypto::SecretText body;
  std::string model;
  std::function<std::unique_ptr<ReplyDecoder>()> decoder;  // empty: keep the whole body
  chat::TokenSink* sink = nullptr;
  std::string whole;
  int status = 0;  // of the last reply
};

Result<std::unique_ptr<ChatApiClient>> ChatApiClient::create(net::Executor executor, ChatApiOptions options) {
  const bool here = net::is_loopback_host(options.url.host);
  if (!here && options.reach == Reach::kThisMachineOnly)
    return fail(ErrorCode::kRefused,
                fmt::format("{} is not this machine, and a worker sees the documents", options.url.origin()));
  if (!here && options.url.scheme == net::Scheme::kHttp)
    return fail(ErrorCode::kRefused,
                fmt::format("{} would carry the documents unprotected, want https", options.url.origin()));
  std::unique_ptr<ChatApiClient> client(new ChatApiClient(std::move(executor), std::move(options)));
  if (client->options_.url.scheme == net::Scheme::kHttps) {
    MINIONS_TRY_ASSIGN(client->tls_,
                       net::TlsClientContext::create({net::PeerVerification::kWebPki, client->options_.ca_file}));
  }
  return client;
}

ChatApiClient::ChatApiClient(net::Executor executor, ChatApiOptions options)
    : executor_(std::move(executor)), options_(std::move(options)), http_(executor_, {}) {}
ChatApiClient::~ChatApiClient() = default;

net::Origin ChatApiClient::origin() const {
  net::Origin origin{.url = options_.url, .tls = tls_, .pool_key = {}, .on_connected = {}};
  if (options_.reach == Reach::kThisMachineOnly) {
    origin.on_connected = [](const net::Stream& stream) -> Status {
      if (stream.peer_is_loopback()) return {};
      return fail(ErrorCode::kRefused, "its name leads to another machine");
    };
  }
  return origin;
}

net::Headers ChatApiClient::headers() const {
  net::Headers headers = {{"Content-Type", "application/json"}, {"Accept", "*/*"}, {"Accept-Encoding", "identity"}};
  if (options_.api == ChatApi::kAnthropic) headers.push_back({"anthropic-version", "2023-06-01"});
  if (options_.api_key.empty()) return headers;
  const std::string key(options_.api_key.reveal());
  if (options_.api == ChatApi::kAnthropic) {
    headers.push_back({"x-api-key", key});
  } else if (options_.key_header == KeyHeader::kApiKey) {
    headers.push_back({"api-key", key});
  } else {
    headers.push_back({"Authorization", "Bearer " + key});
  }
  return headers;
}

Error ChatApiClient::status_error(int status, std::string_view body, std::string_view model) const {
  Error error = chat::status_error(options_.url.origin(), status, body);
  if (status == 404 && options_.api == ChatApi::kOllama)
    error.detail += fmt::format("; to get the model: ollama pull {}", model);
  if (status == 401 || status == 403) error.code = ErrorCode::kUnauthorized;
  if (status == 404) error.code = ErrorCode::kNotFound;
  if (status == 429 || status == 503) error.code = ErrorCode::kBusy;
  return error;
}

net::Task<Status> ChatApiClient::pause(std::chrono::milliseconds time, std::stop_token stop) {
  net::Timer timer(executor_, net::deadline_in(time));
  const std::stop_callback on_stop(stop, [&] { timer.cancel(); });
  if (!stop.stop_requested()) co_await timer.async_wait(net::use_task_tuple);
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
  co_return Status{};
}

// A vendor's 503 is the load of others, which passes or does not.
bool ChatApiClient::is_loading(int status, std::string_view body) const {
  return status == 503 && net::is_loopback_host(options_.url.host) && chat::says_loading(chat::read_error_body(body));
}

void ChatApiClient::tell_loading(const Call& call, SteadyTime since) const {
  if (call.sink != nullptr) return call.sink->waiting();
  const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - since);
  if (options_.on_loading) options_.on_loading(elapsed);
}

// On a kept connection if there is one; a second time on a new one if the kept one turns out to be closed.
net::Task<Result<std::unique_ptr<net::ClientExchange>>> ChatApiClient::send(const Call& call) {
  MINIONS_CO_TRY_ASSIGN(auto exchange, co_await http_.open(origin(), net::deadline_in(options_.connect_time)));
  const net::Headers fields = headers();
  const net::RequestLine line{call.method, call.path};
  const Status sent = co_await exchange->send(line, fields, as_bytes(call.body.reveal()));
  if (sent || !exchange->reused()) {
    if (!sent) co_return fail(sent.error());
    co_return std::move(exchange);
  }
  MINIONS_CO_TRY_ASSIGN(exchange, co_await http_.open_new(origin(), net::deadline_in(options_.connect_time)));
  MINIONS_CO_TRY(co_await exchange->send(line, fields, as_bytes(call.body.reveal())));
  co_return std::move(exchange);
}

net::Task<Result<std::string>> ChatApiClient::read_whole(net::ClientExchange& exchange) {
  std::string body;
  const net::Deadline deadline = net::deadline_in(kSmallReplyTime);
  for (;;) {
    MINIONS_CO_TRY_ASSIGN(const MutableBytes piece, co_await exchange.read_body(deadline));
    if (piece.empty()) co_return body;
    body += as_text(piece);
    if (body.size() > kSmallReplyBytes) co_return fail(ErrorCode::kMalformed, "the reply is over 4 MiB");
  }
}

net::Task<Result<chat::Completion>> ChatApiClient::converse(Call& call, std::stop_token stop) {
  bool reconnected = false;
  std::optional<SteadyTime> loading;  // since
  for (std::size_t tries = 0;;) {
    if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
    auto opened = co_await send(call);
    if (!opened) co_return fail(std::move(opened).error());
    net::ClientExchange& exchange = **opened;
    const std::stop_callback on_stop(stop, [&] { exchange.cancel(); });
    auto head = co_await exchange.read_head(net::deadline_in(options_.first_byte_time));
    if (!head && exchange.reused_and_reset() && !reconnected) {
      reconnected = true;
      http_.close_idle();
      continue;
    }
    if (!head) co_return fail(std::move(head).error());
    call.status = head->status;
    if (head->status != 200) {
      const auto body = co_await read_whole(exchange);
      Error error = status_error(head->status, body ? *body : std::string(), call.model);
      const auto retry = net::find(head->headers, "retry-after");
      const auto asked = retry ? retry_after(*retry) : std::nullopt;
      if (body && is_loading(head->status, *body)) {
        if (!loading) loading = std::chrono::steady_clock::now();
        const auto waited = std::chrono::steady_clock::now() - *loading;
        const auto wait =
            std::min(std::max(asked.value_or(options_.loading_pause), options_.loading_pause), options_.longest_wait);
        if (waited + wait > options_.first_byte_time) co_return fail(std::move(error));
        tell_loading(call, *loading);
        MINIONS_CO_TRY(co_await pause(wait, stop));
        continue;
      }
      if (!may_try_again(head->status) || tries == options_.backoff.size()) co_return fail(std::move(error));
      std::chrono::milliseconds wait = options_.backoff[tries++];
      wait = std::max(wait, asked.value_or(wait));
      if (wait > options_.longest_wait) co_return fail(std::move(error));
      MINIONS_CO_TRY(co_await pause(wait, stop));
      continue;
    }
    // From here on nothing is repeated: a second answer would not continue where the first was cut off.
    if (!call.decoder) {
      MINIONS_CO_TRY_ASSIGN(call.whole, co_await read_whole(exchange));
      co_return chat::Completion{};
    }
    const std::unique_ptr<ReplyDecoder> decoder = call.decoder();
    for (;;) {
      auto piece = co_await exchange.read_body(net::deadline_in(options_.between_time));
      if (!piece) co_return fail(std::move(piece).error());
      if (piece->empty()) co_return said_by_model(decoder->finish(*call.sink));
      MINIONS_CO_TRY(said_by_model(decoder->take(as_text(*piece), *call.sink)));
    }
  }
}

ChatApiClient::Call ChatApiClient::call_of(const chat::ChatRequest& request, chat::TokenSink& sink) const {
  Call call;
  call.method = "POST";
  call.model = request.model;
  call.sink = &sink;
  switch (options_.api) {
    case ChatApi::kOpenAi:
      call.path = openai_path(options_.url, "/chat/completions");
      call.body = crypto::SecretText(openai_body(request, options_.limit_field));
      call.decoder = openai_decoder;
      break;
    case ChatApi::kOllama:
      call.path = options_.url.base_path + "/api/chat";
      call.body = crypto::SecretText(ollama_body(request, options_.context_tokens, thinking_));
      call.decoder = [this] {
        return ollama_decoder(options_.reach == Reach::kAnywhere ? CloudModels::kAllow : CloudModels::kRefuse);
      };
      break;
    case ChatApi::kAnthropic:
      call.path = (options_.url.base_path.empty() ? "/v1" : options_.url.base_path) + "/messages";
      call.body = crypto::SecretText(anthropic_body(request));
      call.decoder = anthropic_decoder;
      break;
  }
  return call;
}

net::Task<Result<chat::Completion>> ChatApiClient::complete(const chat::ChatRequest& request, chat::TokenSink& sink,
                                                            std::stop_token stop) {
  if (options_.api == ChatApi::kAnthropic && request.sampling.seed)
    concessions_.note("Anthropic's API takes no seed: none was sent");
  for (;;) {
    const chat::ChatRequest sent = concessions_.applied_to(request);
    Call call = call_of(sent, sink);
    auto completion = co_await converse(call, stop);
    if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
    if (completion || !concessions_.learn(completion.error(), sent)) co_return completion;
  }
}

net::Task<Result<std::string>> ChatApiClient::fetch(Question question, const std::string& model, std::stop_token stop) {
  Call call;
  call.method = question.method;
  call.path = std::move(question.path);
  call.body = crypto::SecretText(std::move(question.body));
  call.model = model;
  const auto done = co_await converse(call, stop);
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "cancelled");
  if (!done) co_return fail(done.error());
  co_return std::move(call.whole);
}

net::Task<Result<std::optional<std::uint64_t>>> ChatApiClient::look_up_in_ollama(const std::string& model,
                                                                                 std::stop_token stop) {
  const CloudModels cloud = options_.reach == Reach::kAnywhere ? CloudModels::kAllow : CloudModels::kRefuse;
  if (cloud == CloudModels::kRefuse && is_cloud_name(model))
    co_return fail(
        ErrorCode::kRefused,
        fmt::format("ollama: {} is the name of a model that runs elsewhere: a worker sees the documents", model));
  Question question{"POST", options_.url.base_path + "/api/show", R"({"model":)"};
  chat::append_json_string(question.body, model);
  question.body += '}';
  MINIONS_CO_TRY_ASSIGN(const std::string shown, co_await fetch(std::move(question), model, std::move(stop)));
  MINIONS_CO_TRY_ASSIGN(const OllamaModel known, parse_ollama_show(shown, cloud));
  if (known.thinks) thinking_ = Thinking::kOff;
  if (known.context_tokens == 0) co_return std::nullopt;
  // Beyond what it was made for it forgets, whatever is set.
  options_.context_tokens = std::min(options_.context_tokens, known.context_tokens);
  co_return known.context_tokens;
}

net::Task<Result<std::optional<std::uint64_t>>> ChatApiClient::look_up(const std::string& model, std::stop_token stop) {
  if (options_.api == ChatApi::kAnthropic) co_return std::nullopt;
  if (options_.api == ChatApi::kOllama) co_return co_await look_up_in_ollama(model, std::move(stop));
  // vLLM and SGLang report max_model_len here; servers without such a list are used without it.
  Question question{"GET", openai_path(options_.url, "/models"), {}};
  auto listed = co_await fetch(std::move(question), model, std::move(stop));
  if (!listed) {
    const bool no_list = listed.error().code == ErrorCode::kNotFound || listed.error().code == ErrorCode::kBackend;
    if (no_list) co_return std::nullopt;
    co_return fail(std::move(listed).error());
  }
  const auto models = openai::parse_model_list(*listed);
  if (!models) co_return std::nullopt;
  for (const openai::ListedModel& entry : *models) {
    if (entry.id == model && entry.context_tokens) co_return entry.context_tokens;
  }
  co_return std::nullopt;
}

}  // namespace minions::workers
