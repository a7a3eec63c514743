#include "api/client_impl.h"
#include "api/one_at_a_time.h"
#include "base/text.h"

namespace minions {
inline namespace v0 {

struct Conversation::Impl {
  std::shared_ptr<Client::Impl> client;
  chat::Conversation turns;
  std::string model;                            // of the last answer, or that of the connection
  std::optional<api::Question> last;            // the last question
  bool is_pending = false;                      // it is not among the turns yet: nothing of it was sent
  std::vector<api::QuestionDocument> searched;  // documents that went as passages, for the questions to come
  api::DocumentFacts facts;
  chat::Text asked;              // all questions
  std::size_t facts_before = 0;  // the last question: what is dropped with it if it is withdrawn
  chat::Text asked_before;
  std::size_t searched_before = 0;
  std::atomic<bool> busy = false;

  // Of the last question, which goes behind the turns once it is known what the model reads at once.
  [[nodiscard]] Answer answer(const AskOptions& options, const TokenCallback& on_token) {
    auto chat = api::make_request(options);
    if (!chat) return api::failed(std::move(chat).error());
    Client::Impl::Request request{*std::move(chat)};
    request.chat.messages = turns.messages();
    if (is_pending) {
      last->earlier_documents = options.passages ? searched : std::vector<api::QuestionDocument>();
      request.needs_context = last->is_long() || !request.chat.messages.empty();
      request.complete = [&](const api::ModelContext& context, chat::ChatRequest& to) -> Status {
        MINIONS_TRY_ASSIGN(chat::Message message, last->message(context, to.messages, options));
        if (last->passages.empty()) {
          MINIONS_TRY(keep(std::move(message)));
          to.messages = turns.messages();
          return {};
        }
        // Passages are chosen anew for each question: the turn is kept without them.
        to.messages.push_back(std::move(message));
        return keep(last->bare());
      };
    }
    Answer answer = client->ask(std::move(request), options, on_token);
    if (!answer.model.empty()) model = answer.model;
    answer.documents = facts.check(answer.text, asked.reveal());
    if (facts.is_too_much()) answer.notes.emplace_back(api::kNotLookedUp);
    if (last) api::tell_question(*last, answer);
    // Some servers refuse an empty turn; without one the question is as if it had not been answered.
    if (!answer || trimmed(answer.text).empty()) return answer;
    if (const Status kept = turns.answer(chat::Text(answer.text)); !kept) answer.failure = kept.error();
    return answer;
  }
  // Drops the last question if it got no answer.
  void withdraw() {
    if (turns.awaits_answer()) take_back();
    last.reset();
    is_pending = false;
  }
  // The last question is not among the turns any longer, and has no answer.
  void take_back() {
    turns.withdraw();
    facts.cut_to(facts_before);
    asked = asked_before.copy();
    searched.resize(std::min(searched.size(), searched_before));
    is_pending = true;
  }
  void clear() {
    turns.clear();
    last.reset();
    is_pending = false;
    searched.clear();
    facts.clear();
    asked.clear();
  }

 private:
  [[nodiscard]] Status keep(chat::Message message) {
    facts_before = facts.size();
    asked_before = asked.copy();
    searched_before = searched.size();
    MINIONS_TRY(turns.ask(std::move(message.content), std::move(message.images)));
    is_pending = false;
    facts.add(last->documents);
    if (!last->passages.empty()) searched.insert(searched.end(), last->documents.begin(), last->documents.end());
    asked.append(last->text());
    asked.append("\n");
    return {};
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
  auto read = api::Question::read(question, options);
  if (!read) return api::failed(std::move(read).error());
  impl_->withdraw();
  std::vector<std::string> notes = std::exchange(read->notes, {});
  impl_->last = *std::move(read);
  impl_->is_pending = true;
  Answer answer = impl_->answer(options, on_token);
  answer.notes.insert(answer.notes.begin(), notes.begin(), notes.end());
  return answer;
}

Answer Conversation::retry(const AskOptions& options, const TokenCallback& on_token) {
  if (!options.files.empty() || !options.attachments.empty() || !options.system_prompt.empty())
    return api::failed({ErrorCode::kUsage, "retry: asks the same again: no files, attachments or system_prompt"});
  const api::OneAtATime turn(impl_->busy);
  if (!turn.is_in()) return api::failed({ErrorCode::kUsage, "conversation: another call of it is under way"});
  if (!impl_->is_pending && !impl_->turns.awaits_answer()) {
    if (const Status withdrawn = impl_->turns.retry(); !withdrawn) return api::failed(withdrawn.error());
  }
  // Its passages are not in the turn, and are chosen again.
  if (!impl_->is_pending && impl_->last && !impl_->last->passages.empty()) impl_->take_back();
  return impl_->answer(options, on_token);
}

void Conversation::clear() { impl_->clear(); }

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
