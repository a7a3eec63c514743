// One server behind Client. Its sockets have their own thread; everything here runs on it unless stated otherwise.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "api/call.h"
#include "api/document_facts.h"
#include "api/facts.h"
#include "api/question.h"
#include "api/sampling.h"
#include "base/time.h"
#include "chat/conversation.h"
#include "client/sealed_model.h"
#include "net/io_thread.h"

namespace minions {
inline namespace v0 {

struct Attachment::Impl {
  std::string name;
  std::string media_type;                               // empty: a document
  std::shared_ptr<const documents::Document> document;  // if it is one
  bool of_folder = false;
  chat::Image picture;  // otherwise
};

struct Client::Impl {
  // On the opening thread: reads the files, dials nothing.
  [[nodiscard]] static Result<std::shared_ptr<Impl>> open(ConnectionOptions options);
  ~Impl();

  // On a caller's thread, which they block.
  template <class T>
  [[nodiscard]] T run(api::Call& call, net::Task<T> task) {
    return call.run(entered(call, std::move(task)));
  }
  // A request, and how it is completed once it is known what the model reads at once: on the calling thread, before
  // anything of it is sent. Without a `complete` it is whole.
  struct Request {
    chat::ChatRequest chat;
    std::function<Status(const api::ModelContext& context, chat::ChatRequest& request)> complete = {};
    bool needs_context = false;
  };
  [[nodiscard]] Answer ask(Request request, const AskOptions& options, const TokenCallback& on_token);

  // Tasks.
  [[nodiscard]] net::Task<Result<std::shared_ptr<const Attestation>>> attest(std::stop_token stop);
  [[nodiscard]] net::Task<client::SealedModels> list_models(std::stop_token stop);
  // The model of the options, or the first that is listed. `listed` is empty if no list was needed.
  [[nodiscard]] net::Task<Result<std::string>> model(std::optional<client::ExchangeOutcome>& listed,
                                                     std::stop_token stop);
  // Of the request's model, or else that of model(). What it reads is nothing if its server does not say.
  [[nodiscard]] net::Task<Result<api::ModelContext>> model_context(const Request& request,
                                                                   std::optional<client::ExchangeOutcome>& listed,
                                                                   std::stop_token stop);
  struct Callbacks {
    const AskOptions& options;
    const TokenCallback& on_token;
  };
  [[nodiscard]] static net::Task<Status> complete(Request& request, const api::ModelContext& context, api::Call& call);
  [[nodiscard]] net::Task<Answer> answer(Request& request, const Callbacks& callbacks, api::Call& call);
  // Breaks off the calls that are under way, waits for them, and ends the session.
  [[nodiscard]] net::Task<bool> end_session();
  [[nodiscard]] net::Task<Status> close();
  // kUsage: it was closed.
  [[nodiscard]] Status check_not_closed() const;
  // kUsage: no session may be opened, since it was closed or judges as of another time.
  [[nodiscard]] Status check_open() const;
  // On the thread of a caller. kUsage: on_attested of this client is running on it, and the call would wait for itself.
  [[nodiscard]] Status check_not_told() const;

  // The same as the facade gives it; null for null.
  [[nodiscard]] std::shared_ptr<const Attestation> given(const std::shared_ptr<const client::Attestation>& attestation);
  [[nodiscard]] std::shared_ptr<const Attestation> last_attestation() const;  // on any thread

  ConnectionOptions options;         // without the key
  client::SealedClientOptions read;  // what they name: read once, so that each session is judged by the same
  crypto::SystemRandom random;
  client::StatementCache cache;
  std::unique_ptr<client::ExchangeLog> log;
  std::string model_id;                               // once it is known
  std::map<std::string, std::uint64_t> read_at_once;  // tokens, by model; of those whose server says so
  bool is_listed = false;                             // read_at_once is as the server listed it
  chat::Concessions concessions;
  std::atomic<bool> closed = false;
  std::map<std::uint64_t, api::Call*> calls;  // under way, by when they began
  std::uint64_t next_call = 0;
  mutable std::mutex mutex;
  std::shared_ptr<const Attestation> last;  // guarded by mutex
  net::IoThread io;
  net::Timer call_ended{io.executor(), net::kNoDeadline};
  std::unique_ptr<client::SealedClient> client;

 private:
  struct Entry {
    Impl& impl;
    std::uint64_t number;
    ~Entry() {
      impl.calls.erase(number);
      impl.call_ended.cancel();
    }
  };
  template <class T>
  [[nodiscard]] net::Task<T> entered(api::Call& call, net::Task<T> task) {
    const Entry entry{*this, next_call++};
    calls.emplace(entry.number, &call);
    co_return co_await std::move(task);
  }
  [[nodiscard]] net::Task<Status> attested(std::shared_ptr<const client::Attestation> attestation,
                                           std::stop_token stop);

  std::shared_ptr<const client::Attestation> given_of_;  // the last that was asked for
  std::shared_ptr<const Attestation> given_;
};

}  // namespace v0

namespace api {

// Keeps the pieces of an answer and passes them to the callbacks, on the calling thread.
class HandedTokens final : public chat::TokenSink {
 public:
  HandedTokens(Call& call, const AskOptions& options, const TokenCallback& on_token, Answer& answer)
      : call_(call), options_(options), on_token_(on_token), answer_(answer) {}
  bool token(std::string_view piece) override;
  bool reasoning(std::string_view piece) override;
  void waiting() override;

 private:
  [[nodiscard]] bool pass(const TokenCallback& callback, std::string_view piece);

  Call& call_;
  const AskOptions& options_;
  const TokenCallback& on_token_;
  Answer& answer_;
  SteadyTime last_piece_ = std::chrono::steady_clock::now();
  std::chrono::seconds last_told_{0};  // since the last piece
};

[[nodiscard]] Answer failed(Error error);
// Which passages were sent, what the question's message told, and whether the answer is the question and nothing else.
void tell_question(const Question& question, Answer& answer);
// Notes the parameters that the attested engine ignores.
void note_ignored(const chat::ChatRequest& request, Answer& answer);
void tell_completion(Result<chat::Completion> completion, Answer& answer);
// With the system prompt alone. kUsage: an invalid parameter of the sampling.
[[nodiscard]] Result<chat::ChatRequest> make_request(const AskOptions& options);

}  // namespace api
}  // namespace minions
