#include "api/client_impl.h"
#include "api/connection_options.h"
#include "api/raw_attestation.h"
#include "base/encoding.h"

namespace minions {

using api::Call;

namespace {

constexpr std::chrono::milliseconds kCloseTime{1'000};

// Whose on_attested is running on this thread.
thread_local const void* tells = nullptr;

class Telling {
 public:
  explicit Telling(const void* client) : before_(std::exchange(tells, client)) {}
  ~Telling() { tells = before_; }
  Telling(const Telling&) = delete;
  Telling& operator=(const Telling&) = delete;

 private:
  const void* before_;
};

}  // namespace

namespace api {

Result<std::shared_ptr<const client::Attestation>> fetch_attestation(client::SealedClientOptions options,
                                                                     std::stop_token stop) {
  crypto::SystemRandom random;
  client::StatementCache cache;
  net::IoThread io;
  const client::SealedClient::Parts parts{random, cache};
  MINIONS_TRY_ASSIGN(auto client, client::SealedClient::create(io.executor(), std::move(options), parts));
  Call call(io.executor(), std::move(stop));
  using Attested = Result<std::shared_ptr<const client::Attestation>>;
  return call.run([](std::unique_ptr<client::SealedClient>& of, std::stop_token stopped) -> net::Task<Attested> {
    Attested attested = co_await of->attest(std::move(stopped));
    of.reset();  // on its thread
    co_return attested;
  }(client, call.stop()));
}

}  // namespace api

inline namespace v0 {

Result<std::shared_ptr<Client::Impl>> Client::Impl::open(ConnectionOptions options) {
  auto impl = std::make_shared<Impl>();
  MINIONS_TRY_ASSIGN(impl->read, api::client_options(options));
  if (!options.log_file.empty()) {
    MINIONS_TRY_ASSIGN(impl->log, client::ExchangeLog::create(options.log_file));
  }
  api::wipe(options.api_key);
  impl->model_id = options.model;
  impl->options = std::move(options);
  client::SealedClientOptions made = impl->read.copy();
  made.on_attested = [impl = impl.get()](std::shared_ptr<const client::Attestation> attestation, std::stop_token stop) {
    return impl->attested(std::move(attestation), std::move(stop));
  };
  const client::SealedClient::Parts parts{impl->random, impl->cache, impl->log.get()};
  MINIONS_TRY_ASSIGN(impl->client, client::SealedClient::create(impl->io.executor(), std::move(made), parts));
  return impl;
}

Client::Impl::~Impl() {
  if (client == nullptr) return;
  Call call(io.executor(), {});
  (void)call.run([](Impl& impl) -> net::Task<bool> {
    (void)co_await impl.close();
    impl.client.reset();  // on its thread
    co_return true;
  }(*this));
}

net::Task<Status> Client::Impl::attested(std::shared_ptr<const client::Attestation> attestation, std::stop_token stop) {
  auto told = given(attestation);
  {
    const std::lock_guard lock(mutex);
    last = told;
  }
  const auto by =
      std::find_if(calls.begin(), calls.end(), [&](const auto& entry) { return entry.second->stop() == stop; });
  if (!options.on_attested || by == calls.end()) co_return Status{};
  // Named: GCC 12 destroys twice what a lambda inside a co_await expression holds.
  std::function<bool()> tell = [this, told = std::move(told)] {
    const Telling telling(this);
    options.on_attested(*told);
    return true;
  };
  const bool went_on = co_await by->second->hand_over_and_wait(std::move(tell));
  co_return went_on ? Status() : fail(ErrorCode::kCancelled, "cancelled");
}

std::shared_ptr<const Attestation> Client::Impl::given(const std::shared_ptr<const client::Attestation>& attestation) {
  if (attestation == nullptr) return nullptr;
  if (attestation != given_of_) {
    given_ = std::make_shared<const Attestation>(api::attestation_of(*attestation, *client));
    given_of_ = attestation;
  }
  return given_;
}

std::shared_ptr<const Attestation> Client::Impl::last_attestation() const {
  const std::lock_guard lock(mutex);
  return last;
}

net::Task<Result<std::shared_ptr<const Attestation>>> Client::Impl::attest(std::stop_token stop) {
  MINIONS_CO_TRY(check_not_closed());
  auto attestation = co_await client->attest(std::move(stop));
  if (!attestation) co_return fail(std::move(attestation).error());
  co_return given(*attestation);
}

net::Task<client::SealedModels> Client::Impl::list_models(std::stop_token stop) {
  if (const Status open = check_open(); !open) co_return client::SealedModels{fail(open.error()), {}};
  client::SealedModels models = co_await client::list_models(*client, std::move(stop));
  if (!models.listed) co_return models;
  is_listed = true;
  read_at_once.clear();
  for (const openai::ListedModel& model : *models.listed) {
    if (model.context_tokens) read_at_once[model.id] = *model.context_tokens;
  }
  co_return models;
}

net::Task<Result<std::string>> Client::Impl::model(std::optional<client::ExchangeOutcome>& listed,
                                                   std::stop_token stop) {
  MINIONS_CO_TRY(check_open());
  if (!model_id.empty()) co_return model_id;
  client::SealedModels models = co_await list_models(std::move(stop));
  listed = std::move(models.exchange);
  if (!models.listed) co_return fail(std::move(models.listed).error());
  if (models.listed->empty()) co_return fail(ErrorCode::kBackend, "the server lists no model; name one with --model");
  model_id = models.listed->front().id;
  co_return model_id;
}

net::Task<Result<api::ModelContext>> Client::Impl::model_context(const Request& request,
                                                                 std::optional<client::ExchangeOutcome>& listed,
                                                                 std::stop_token stop) {
  api::ModelContext context{request.chat.model};
  if (context.model.empty()) {
    MINIONS_CO_TRY_ASSIGN(context.model, co_await model(listed, stop));
  }
  if (request.needs_context && !is_listed) {
    client::SealedModels models = co_await list_models(std::move(stop));
    listed = std::move(models.exchange);
    // A server without a list answers all the same; one that cannot be reached does not.
    if (!models.listed && !listed->reply) co_return fail(std::move(models.listed).error());
    const int status = models.listed ? 200 : models.listed.error().http_status;
    is_listed = models.listed || status == 404 || status == 405;
    context.has_no_list = !is_listed;
  }
  if (const auto stated = read_at_once.find(context.model); stated != read_at_once.end())
    context.tokens = stated->second;
  co_return context;
}

// Runs on the calling thread, where documents are searched and callbacks are called.
net::Task<Status> Client::Impl::complete(Request& request, const api::ModelContext& context, Call& call) {
  request.chat.model = context.model;
  if (!request.complete) co_return Status{};
  // Its own, since the work may outlive this task.
  const auto completed = std::make_shared<Status>();
  std::function<bool()> work = [&request, context, completed] {
    *completed = request.complete(context, request.chat);
    return true;
  };
  const bool went_on = co_await call.hand_over_and_wait(std::move(work));
  co_return went_on ? std::move(*completed) : fail(ErrorCode::kCancelled, "cancelled");
}

net::Task<Answer> Client::Impl::answer(Request& request, const Callbacks& callbacks, Call& call) {
  Answer answer;
  if (const Status open = check_open(); !open) co_return api::failed(open.error());
  std::optional<client::ExchangeOutcome> listed;
  const auto context = co_await model_context(request, listed, call.stop());
  Status completed;
  if (!context) {
    completed = fail(context.error());
  } else {
    completed = co_await complete(request, *context, call);
  }
  if (!completed) {
    answer.failure = completed.error();
    if (listed) api::tell_exchange(*listed, listed->timing, answer);
    if (listed) answer.attestation = given(listed->attestation);
    co_return answer;
  }
  answer.model = request.chat.model;
  api::HandedTokens tokens(call, callbacks.options, callbacks.on_token, answer);
  client::SealedCompletion sealed = co_await client::complete(*client, concessions, request.chat, tokens, call.stop());
  api::tell_completion(std::move(sealed.completion), answer);
  client::ExchangeTiming timing = sealed.exchange.timing;
  std::vector<const client::ExchangeOutcome*> before;
  if (listed) before.push_back(&*listed);
  for (const client::ExchangeOutcome& refused : sealed.refused) before.push_back(&refused);
  for (const client::ExchangeOutcome* earlier : before) {
    timing.attestation_s += earlier->timing.attestation_s;
    timing.handshake_s += earlier->timing.handshake_s;
  }
  api::tell_exchange(sealed.exchange, timing, answer);
  const std::vector<std::string>& conceded = concessions.notes();
  answer.notes.insert(answer.notes.end(), conceded.begin(), conceded.end());
  const auto& by = sealed.exchange.attestation;
  answer.attestation = given(by == nullptr && !before.empty() ? before.back()->attestation : by);
  api::note_ignored(request.chat, answer);
  co_return answer;
}

Status Client::Impl::check_not_closed() const {
  return closed ? fail(ErrorCode::kUsage, "the client was closed") : Status();
}

Status Client::Impl::check_not_told() const {
  return tells == this ? fail(ErrorCode::kUsage, "on_attested: may not call its client") : Status();
}

Status Client::Impl::check_open() const {
  MINIONS_TRY(check_not_closed());
  if (options.as_of)
    return fail(ErrorCode::kUsage, "as_of: a server that is judged as of another time can be attested only");
  return {};
}

net::Task<bool> Client::Impl::end_session() {
  const std::uint64_t later = next_call;
  for (const auto& [number, call] : calls) call->cancel();
  while (!calls.empty() && calls.begin()->first < later) co_await call_ended.async_wait(net::use_task_tuple);
  if (client->session_parameters()) co_await client->close(kCloseTime);
  co_return true;
}

net::Task<Status> Client::Impl::close() {
  closed = true;
  co_await end_session();
  co_return log == nullptr ? Status() : log->finish();
}

Answer Client::Impl::ask(Request request, const AskOptions& asked_with, const TokenCallback& on_token) {
  if (const Status free = check_not_told(); !free) return api::failed(free.error());
  Call call(io.executor(), asked_with.stop);
  const Callbacks callbacks{asked_with, on_token};
  Answer asked = run(call, answer(request, callbacks, call));
  if (asked && call.dropped()) asked.failure = Error{ErrorCode::kCancelled, "cancelled"};
  return asked;
}

Client::Client(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<Client> Client::open(ConnectionOptions options) {
  MINIONS_TRY_ASSIGN(std::shared_ptr<Impl> impl, Impl::open(std::move(options)));
  return Client(std::move(impl));
}

Result<Client> Client::connect(ConnectionOptions options, std::stop_token stop) {
  MINIONS_TRY_ASSIGN(Client client, open(std::move(options)));
  MINIONS_TRY_ASSIGN(const auto attestation, client.attest(std::move(stop)));
  if (attestation->refusal) return fail(*attestation->refusal);
  return client;
}

Result<std::shared_ptr<const Attestation>> Client::attest(std::stop_token stop) const {
  MINIONS_TRY(impl_->check_not_told());
  Call call(impl_->io.executor(), std::move(stop));
  return impl_->run(call, impl_->attest(call.stop()));
}

std::shared_ptr<const Attestation> Client::last_attestation() const { return impl_->last_attestation(); }

Result<std::vector<Model>> Client::models(std::stop_token stop) const {
  MINIONS_TRY(impl_->check_not_told());
  const auto list = [](Impl& impl, std::stop_token stopped) -> net::Task<Result<std::vector<Model>>> {
    client::SealedModels listed = co_await impl.list_models(std::move(stopped));
    if (!listed.listed) co_return fail(std::move(listed.listed).error());
    const auto attestation = impl.given(listed.exchange.attestation);
    std::vector<Model> models;
    for (const openai::ListedModel& entry : *listed.listed) {
      const auto stated = std::find_if(attestation->models.begin(), attestation->models.end(),
                                       [&](const Model& model) { return model.id == entry.id; });
      Model& model = stated != attestation->models.end() ? models.emplace_back(*stated) : models.emplace_back();
      model.id = entry.id;
      model.context_tokens = entry.context_tokens.value_or(0);
    }
    co_return models;
  };
  Call call(impl_->io.executor(), std::move(stop));
  return impl_->run(call, list(*impl_, call.stop()));
}

Result<std::string> Client::model(std::stop_token stop) const {
  MINIONS_TRY(impl_->check_not_told());
  Call call(impl_->io.executor(), std::move(stop));
  std::optional<client::ExchangeOutcome> listed;
  return impl_->run(call, impl_->model(listed, call.stop()));
}

Answer Client::ask(std::string_view question, const AskOptions& options, const TokenCallback& on_token) const {
  auto made = api::Question::read(question, options);
  if (!made) return api::failed(std::move(made).error());
  auto chat = api::make_request(options);
  if (!chat) return api::failed(std::move(chat).error());
  api::DocumentFacts facts;
  Impl::Request request{*std::move(chat)};
  request.needs_context = made->is_long();
  request.complete = [&](const api::ModelContext& context, chat::ChatRequest& to) -> Status {
    MINIONS_TRY_ASSIGN(chat::Message message, made->message(context, to.messages, options));
    to.messages.push_back(std::move(message));
    facts.add(made->documents);
    return {};
  };
  Answer answer = impl_->ask(std::move(request), options, on_token);
  answer.documents = facts.check(answer.text, question);
  if (facts.is_too_much()) answer.notes.emplace_back(api::kNotLookedUp);
  api::tell_question(*made, answer);
  answer.notes.insert(answer.notes.begin(), made->notes.begin(), made->notes.end());
  return answer;
}

std::string Client::address() const { return impl_->client->address(); }

std::optional<Session> Client::session() const {
  const auto read = [](const client::SealedClient& client) -> net::Task<std::optional<session::SessionParameters>> {
    co_return client.session_parameters();
  };
  Call call(impl_->io.executor(), {});
  const auto open = call.run(read(*impl_->client));
  if (!open) return std::nullopt;
  return Session{to_hex(open->session), open->idle_s, open->max_s};
}

void Client::end_session() const {
  Call call(impl_->io.executor(), {});
  (void)call.run(impl_->end_session());
}

Status Client::close() const {
  Call call(impl_->io.executor(), {});
  return call.run(impl_->close());
}

}  // namespace v0
}  // namespace minions
