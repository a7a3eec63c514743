#include "api/client_impl.h"
#include "api/worker_options.h"

namespace minions {

using api::Call;

inline namespace v0 {

struct LocalModel::Impl {
  ~Impl() {
    Call call(io.executor(), {});
    (void)call.run([](Impl& impl) -> net::Task<bool> {
      impl.worker.reset();
      co_return true;
    }(*this));
  }

  api::WorkerFiles files;
  net::IoThread io;
  std::optional<workers::ReadyWorker> worker;
};

LocalModel::LocalModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LocalModel::LocalModel(LocalModel&&) noexcept = default;
LocalModel& LocalModel::operator=(LocalModel&&) noexcept = default;
LocalModel::~LocalModel() = default;

Result<LocalModel> LocalModel::open(WorkerOptions options, std::stop_token stop) {
  auto impl = std::make_unique<Impl>();
  MINIONS_TRY_ASSIGN(impl->files, api::read_worker(std::move(options)));
  Call call(impl->io.executor(), std::move(stop));
  MINIONS_TRY_ASSIGN(impl->worker, call.run(workers::make_worker(impl->files.spec,
                                                                 impl->files.setup(impl->io.executor()), call.stop())));
  return LocalModel(std::move(impl));
}

const std::string& LocalModel::name() const { return impl_->worker->model; }
std::uint64_t LocalModel::context_tokens() const { return impl_->worker->context_tokens; }

Answer LocalModel::ask(std::string_view question, const AskOptions& options, const TokenCallback& on_token) {
  auto made = api::Question::read(question, options);
  if (!made) return api::failed(std::move(made).error());
  auto request = api::make_request(options);
  if (!request) return api::failed(std::move(request).error());
  if (request->model.empty()) request->model = name();
  api::ModelContext context{name()};
  if (impl_->worker->states_context) context.tokens = context_tokens();
  auto message = made->message(context, request->messages, options);
  if (!message) return api::failed(std::move(message).error());
  request->messages.push_back(*std::move(message));
  api::DocumentFacts facts;
  facts.add(made->documents);
  Answer answer;
  answer.model = request->model;
  Call call(impl_->io.executor(), options.stop);
  api::HandedTokens tokens(call, options, on_token, answer);
  api::tell_completion(call.run(impl_->worker->client->complete(*request, tokens, call.stop())), answer);
  if (answer && call.dropped()) answer.failure = Error{ErrorCode::kCancelled, "cancelled"};
  answer.documents = facts.check(answer.text, question);
  answer.notes.insert(answer.notes.begin(), made->notes.begin(), made->notes.end());
  api::tell_question(*made, answer);
  if (facts.is_too_much()) answer.notes.emplace_back(api::kNotLookedUp);
  return answer;
}

}  // namespace v0
}  // namespace minions
