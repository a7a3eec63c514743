#include "api/client_impl.h"
#include "api/one_at_a_time.h"
#include "base/text.h"

namespace minions {
inline namespace v0 {

struct Conversation::Impl {
  std::shared_ptr<Client::Impl> client;
  chat::Conversation turns;
  std::string model;  // of the last answer, or that of the connection
  api::DocumentFacts facts;
  chat::Text asked;              // all questions
  std::size_t facts_before = 0;  // the last question: what is dropped with it if it is withdrawn
  chat::Text asked_before;
  std::atomic<bool> busy = false;

  [[nodiscard]] Answer answer(const AskOptions& options, const TokenCallback& on_token) {
    auto request = api::make_request(options);
    if (!request) return api::failed(std::move(request).error());
    request->messages = turns.messages();
    Answer answer = client->ask(*std::move(request), options, on_token);
    if (!answer.model.empty()) model = answer.model;
    answer.documents = facts.check(answer.text, asked.reveal());
    if (facts.is_too_much()) answer.notes.emplace_back(api::kNotLookedUp);
    // Some servers refuse an empty turn; without one the question is as if it had not been answered.
    if (!answer || trimmed(answer.text).empty()) return answer;
    if (const Status kept = turns.answer(chat::Text(answer.text)); !kept) answer.failure = kept.error();
    return answer;
  }
};

Conversation::Conversation(Client client, std::string_view system_prompt) : impl_(std::make_unique<Impl>()) {
  impl_->client = client.impl_;
  impl_->model = client.impl_->options.model;
  restart(system_prompt);
}
Conversation::Conversation(Conversation&&) noexcept = default;
Conversation& Conversation::operator=(Conversation&&) noexcept = default;
Conversation::~Conversation() = default;

Answer Conversation::ask(std::string_view question, const AskOptions& options, const TokenCallback& on_token) {
  if (!options.system_prompt.empty())
    return api::failed({ErrorCode::kUsage, "system_prompt: a conversation has its own; restart() sets another"});
  const api::OneAtATime turn(impl_->busy);
  if (!turn.is_in()) return api::failed({ErrorCode::kUsage, "conversation: another call of it is under way"});
  if (impl_->turns.awaits_answer()) {
    impl_->facts.cut_to(impl_->facts_before);
    impl_->asked = std::move(impl_->asked_before);
  }
  impl_->turns.withdraw();
  impl_->facts_before = impl_->facts.size();
  impl_->asked_before = impl_->asked.copy();
  auto made = api::make_question(question, options);
  if (!made) return api::failed(std::move(made).error());
  if (const Status asked = impl_->turns.ask(std::move(made->message.content), std::move(made->message.images)); !asked)
    return api::failed(asked.error());
  impl_->facts.add(std::move(made->documents));
  impl_->asked.append(question);
  impl_->asked.append("\n");
  Answer answer = impl_->answer(options, on_token);
  answer.notes.insert(answer.notes.begin(), made->notes.begin(), made->notes.end());
  return answer;
}

Answer Conversation::retry(const AskOptions& options, const TokenCallback& on_token) {
  if (!options.files.empty() || !options.attachments.empty() || !options.system_prompt.empty())
    return api::failed({ErrorCode::kUsage, "retry: asks the same again: no files, attachments or system_prompt"});
  const api::OneAtATime turn(impl_->busy);
  if (!turn.is_in()) return api::failed({ErrorCode::kUsage, "conversation: another call of it is under way"});
  if (!impl_->turns.awaits_answer()) {
    if (const Status withdrawn = impl_->turns.retry(); !withdrawn) return api::failed(withdrawn.error());
  }
  return impl_->answer(options, on_token);
}

void Conversation::clear() {
  impl_->turns.clear();
  impl_->facts.clear();
  impl_->asked.clear();
}

void Conversation::restart(std::string_view system_prompt) {
  clear();
  impl_->turns = chat::Conversation(chat::Text(std::string(system_prompt)));
}

std::string Conversation::to_json() const {
  const chat::Text text = impl_->turns.to_json(impl_->model);
  return std::string(text.reveal());
}

std::string Conversation::to_markdown() const {
  const chat::Text text = impl_->turns.to_markdown(impl_->model);
  return std::string(text.reveal());
}

Conversation Client::conversation(std::string_view system_prompt) const { return {*this, system_prompt}; }

}  // namespace v0
}  // namespace minions
