#include "api/question.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "api/client_impl.h"
#include "base/tokens.h"
#include "retrieval/selection.h"

namespace minions::api {
namespace {

constexpr std::uint64_t kShortTokens = 512;         // fit any model that is of use
constexpr std::uint64_t kTemplateTokens = 64;       // what a chat template adds
constexpr std::uint64_t kAnswerTokens = 1024;       // kept for an answer without a limit, where passages are chosen
constexpr std::uint64_t kAssumedContext = 8192;     // where the server does not say
constexpr std::uint64_t kLeastPassageTokens = 128;  // less is not worth reading
constexpr std::size_t kMostPlacesTold = 12;

chat::AttachmentKind kind_of(const QuestionDocument& document) {
  return document.of_folder ? chat::AttachmentKind::kFolderPart : chat::AttachmentKind::kFile;
}

// An upper bound that needs no look at the text.
std::uint64_t at_most_tokens(std::string_view text) { return (text.size() + 1) / 2; }

std::string places_told(const std::vector<std::string>& places) {
  const std::span shown(places.data(), std::min(places.size(), kMostPlacesTold));
  std::string told = fmt::to_string(fmt::join(shown, ", "));
  if (places.size() > shown.size()) told += fmt::format(" and {} more", places.size() - shown.size());
  return told;
}

}  // namespace

// Tokens of what is sent beside the question's documents.
struct Question::Room {
  std::uint64_t kept_for_answer = 0;  // what the caller asked for; 0: whatever is left
  std::uint64_t taken = 0;            // by the messages before and the template, by a high estimate
};

Result<Question> Question::read(std::string_view text, const AskOptions& options) {
  Question made;
  made.text_ = chat::Text(std::string(text));
  made.system_prompt_bytes_ = options.system_prompt.size();
  const auto add = [&](const Attachment& attachment) {
    const Attachment::Impl& read = attachment.impl();
    if (read.document != nullptr) {
      made.documents.push_back({read.document, read.of_folder});
    } else {
      made.images_.push_back({read.picture.media_type, read.picture.base64.copy()});
    }
  };
  for (const Attachment& attachment : options.attachments) add(attachment);
  for (const std::string& file : options.files) {
    MINIONS_TRY_ASSIGN(Attachments found, read_attachments(file, options.documents, options.stop));
    for (const Attachment& attachment : found.items) add(attachment);
    std::move(found.notes.begin(), found.notes.end(), std::back_inserter(made.notes));
  }
  return made;
}

bool Question::is_long() const {
  std::uint64_t tokens = at_most_tokens(text_.reveal()) + system_prompt_bytes_ / 2;
  for (const auto* const list : {&earlier_documents, &documents}) {
    for (const QuestionDocument& each : *list) {
      for (const documents::Page& page : each.document->pages) tokens += at_most_tokens(page.text.reveal());
    }
  }
  return tokens > kShortTokens;
}

void Question::tell(std::string note, const AskOptions& options) {
  if (options.on_note) return options.on_note(note);
  told.push_back(std::move(note));
}

chat::Message Question::made_of(std::span<const chat::Attachment> attachments) const {
  chat::Message message{chat::Role::kUser, chat::fold(attachments, text_.reveal()), {}};
  for (const chat::Image& image : images_) message.images.push_back({image.media_type, image.base64.copy()});
  return message;
}

chat::Message Question::whole() const {
  std::vector<chat::Attachment> attachments;
  for (const auto* const list : {&earlier_documents, &documents}) {
    for (const QuestionDocument& each : *list)
      attachments.push_back({each.document->name, documents::render(*each.document), kind_of(each)});
  }
  return made_of(attachments);
}

Result<chat::Message> Question::message(const ModelContext& context, std::span<const chat::Message> before,
                                        const AskOptions& options) {
  told.clear();
  passages.clear();
  if (context.has_no_list && is_long())
    tell("the server's model list cannot be read: whether this fits what the model reads at once is not known",
         options);
  const bool chooses = options.passages && !(documents.empty() && earlier_documents.empty());
  chat::Message message = whole();
  if (!context.tokens && !chooses) return message;
  const std::uint64_t most = context.tokens.value_or(kAssumedContext);
  Room room;
  room.kept_for_answer = options.sampling.max_tokens.value_or(0);
  // Without a look at texts that are short beside the context.
  std::uint64_t bound = at_most_tokens(message.content.reveal()) + kTemplateTokens + room.kept_for_answer;
  for (const chat::Message& earlier : before) bound += at_most_tokens(earlier.content.reveal());
  if (bound <= most) return message;

  room.taken = kTemplateTokens;
  std::uint64_t low = low_estimated_tokens(message.content.reveal());
  for (const chat::Message& earlier : before) {
    room.taken += estimated_tokens(earlier.content.reveal());
    low += low_estimated_tokens(earlier.content.reveal());
  }
  const std::uint64_t high = room.taken + estimated_tokens(message.content.reveal());
  if (high + room.kept_for_answer <= most) return message;
  if (chooses) return chosen(context, room, options);
  const bool has_turns = std::any_of(before.begin(), before.end(),
                                     [](const chat::Message& earlier) { return earlier.role != chat::Role::kSystem; });
  const std::string_view what = has_turns           ? "the conversation has"
                                : documents.empty() ? "the question has"
                                                    : "the documents and the question have";
  const std::string answer =
      room.kept_for_answer == 0 ? "" : fmt::format(", {} more are kept for the answer", room.kept_for_answer);
  const std::string words =
      fmt::format("{} about {} tokens{}, and {} reads {} at once", what, high * 3 / 4, answer, context.model, most);
  if (low >= most) return fail(Error{ErrorCode::kTooLarge, words + ": nothing was sent"}.because(Cause::kOverContext));
  tell(words + ": it may not fit", options);
  return message;
}

Result<chat::Message> Question::chosen(const ModelContext& context, const Room& room, const AskOptions& options) {
  const std::uint64_t most = context.tokens.value_or(kAssumedContext);
  const std::uint64_t answer = room.kept_for_answer != 0 ? room.kept_for_answer : std::min(kAnswerTokens, most / 4);
  const std::uint64_t taken = room.taken + estimated_tokens(text_.reveal());
  if (taken + answer + kLeastPassageTokens > most)
    return fail(
        Error{ErrorCode::kTooLarge,
              fmt::format("{} reads {} tokens at once: beside {} for the answer and about {} of the question and "
                          "what was said before there is no room for passages: nothing was sent",
                          context.model, most, answer, taken)}
            .because(Cause::kOverContext));
  const std::uint64_t left = most - taken - answer;
  std::vector<retrieval::Chunk> chunks;
  for (const auto* const list : {&earlier_documents, &documents}) {
    for (const QuestionDocument& each : *list) {
      auto more = retrieval::chunk(*each.document, retrieval::chunks_for(left));
      std::move(more.begin(), more.end(), std::back_inserter(chunks));
    }
  }
  MINIONS_TRY_ASSIGN(const auto index, retrieval::ChunkIndex::build(std::move(chunks)));
  MINIONS_TRY_ASSIGN(retrieval::Selection selected, retrieval::select(index, text_.reveal(), left));
  const bool matched = !selected.chunks.empty();
  if (!matched) selected = retrieval::first_of(index.chunks(), left);
  if (selected.chunks.empty())
    return fail(
        Error{ErrorCode::kTooLarge,
              fmt::format("{} reads {} tokens at once: no passage of the documents fits into the {} that are left: "
                          "nothing was sent",
                          context.model, most, left)}
            .because(Cause::kOverContext));
  chat::Text text;
  for (const retrieval::Chunk* const chunk : selected.chunks) {
    const chat::Text passage = retrieval::render(*chunk);
    text.append(passage.reveal());
    text.append("\n");
  }
  std::vector<chat::Attachment> attachments;
  attachments.push_back({"passages", std::move(text), chat::AttachmentKind::kFile});
  passages = std::move(selected.places);
  const std::string unstated =
      context.tokens
          ? ""
          : fmt::format(" (the server does not say what {} reads at once; {} tokens are assumed)", context.model, most);
  tell(fmt::format("{} of {} passages of the documents are sent{}{}: {}", selected.chunks.size(), index.chunks().size(),
                   matched ? ", chosen for the question" : ", from the beginning: none has a word of the question",
                   unstated, places_told(passages)),
       options);
  return made_of(attachments);
}

}  // namespace minions::api
