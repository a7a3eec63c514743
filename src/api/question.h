// One question with what accompanies it, and how it is put into a request: documents whole or, where the model's
// context has no room for them, as passages.
#pragma once

#include "chat/conversation.h"
#include "documents/document.h"
#include "minions/minions.hpp"

namespace minions::api {

// What a model reads at once, prompt and answer together.
struct ModelContext {
  std::string model;
  std::optional<std::uint64_t> tokens = {};  // nothing: it is not known
  bool has_no_list = false;                  // since the server's model list could not be read this time
};

struct QuestionDocument {
  std::shared_ptr<const documents::Document> document;
  bool of_folder = false;
};

class Question {
 public:
  // kDocument: a file that cannot be read.
  [[nodiscard]] static Result<Question> read(std::string_view text, const AskOptions& options);

  [[nodiscard]] std::string_view text() const { return text_.reveal(); }
  // Whether it is so long that it matters what the model reads at once.
  [[nodiscard]] bool is_long() const;
  // The message, behind those before it. Tells the options' on_note what the user must know before it is sent, or keeps
  // it among the notes. kTooLarge with Cause::kOverContext: it cannot fit.
  [[nodiscard]] Result<chat::Message> message(const ModelContext& context, std::span<const chat::Message> before,
                                              const AskOptions& options);
  // The message without its documents.
  [[nodiscard]] chat::Message bare() const { return made_of({}); }

  std::vector<QuestionDocument> documents;
  // Of earlier questions, which went as passages: they are searched again.
  std::vector<QuestionDocument> earlier_documents;
  std::vector<std::string> notes;     // about files that were read
  std::vector<std::string> told;      // by message(), where nobody is told
  std::vector<std::string> passages;  // the places that message() chose; empty: everything is in it

 private:
  struct Room;
  // The message with every document whole, whatever the model reads.
  [[nodiscard]] chat::Message whole() const;
  [[nodiscard]] Result<chat::Message> chosen(const ModelContext& context, const Room& room, const AskOptions& options);
  [[nodiscard]] chat::Message made_of(std::span<const chat::Attachment> attachments) const;
  void tell(std::string note, const AskOptions& options);

  chat::Text text_;
  std::size_t system_prompt_bytes_ = 0;
  std::vector<chat::Image> images_;
};

}  // namespace minions::api
