// What an answer is made of: the request of a question, its pieces as they come, and what is noted about it.
#include "api/client_impl.h"
#include "chat/ending.h"
#include "minion/repetition.h"
#include "openai/generation_request.h"

namespace minions::api {

Result<chat::ChatRequest> make_request(const AskOptions& options) {
  chat::ChatRequest request{.model = options.model};
  MINIONS_TRY_ASSIGN(request.sampling, read_sampling(options.sampling));
  if (!options.system_prompt.empty())
    request.messages.push_back({chat::Role::kSystem, chat::Text(options.system_prompt)});
  return request;
}

void tell_question(const Question& question, Answer& answer) {
  answer.passages = question.passages;
  answer.notes.insert(answer.notes.begin(), question.told.begin(), question.told.end());
  if (answer && minion::says_the_same(answer.text, question.text()))
    answer.notes.emplace_back("the answer only repeats the question");
}

void note_ignored(const chat::ChatRequest& request, Answer& answer) {
  if (!answer || answer.attestation == nullptr) return;
  for (const Model& model : answer.attestation->models) {
    if (model.id != request.model) continue;
    for (const std::string& name : chat::names_of(request.sampling)) {
      if (openai::is_ignored(model.engine, name))
        answer.notes.push_back("the server's " + model.engine + " engine ignores " + name);
    }
  }
}

void tell_completion(Result<chat::Completion> completion, Answer& answer) {
  if (!completion) {
    answer.failure = std::move(completion).error();
    return;
  }
  answer.ending = chat::ending_of(*completion);
  if (completion->began_with_thought) {
    answer.text = completion->text.reveal();
    answer.reasoning = completion->reasoning.reveal();
    answer.notes.emplace_back("what came before </think> is the model's train of thought, not its answer");
  }
  answer.refusal = completion->refusal.reveal();
  if (completion->finish_reason) answer.finish_reason = chat::name_of(*completion->finish_reason);
  if (completion->usage) answer.usage = usage_of(*completion->usage);
}

bool HandedTokens::pass(const TokenCallback& callback, std::string_view piece) {
  last_piece_ = std::chrono::steady_clock::now();
  last_told_ = {};
  // A secret is queued as a secret, since it may wait there.
  if (callback)
    call_.hand_over(
        [&told = callback, text = std::make_shared<chat::Text>(std::string(piece))] { told(text->reveal()); },
        Call::AfterStop::kDrop);
  return !call_.stop().stop_requested();
}

bool HandedTokens::token(std::string_view piece) {
  answer_.text.append(piece);
  return pass(on_token_, piece);
}

bool HandedTokens::reasoning(std::string_view piece) {
  answer_.reasoning.append(piece);
  return pass(options_.on_reasoning, piece);
}

void HandedTokens::waiting() {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - last_piece_);
  if (!options_.on_waiting || since <= last_told_) return;
  last_told_ = since;
  call_.hand_over([&told = options_.on_waiting, since] { told(since); }, Call::AfterStop::kDrop);
}

Answer failed(Error error) {
  Answer answer;
  answer.failure = std::move(error);
  return answer;
}

}  // namespace minions::api
