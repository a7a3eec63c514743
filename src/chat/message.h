// What is sent to a model and what comes back, as plain values; the names are those of OpenAI's chat completions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "chat/text.h"
#include "chat/usage.h"

namespace minions::chat {

enum class Role { kSystem, kUser, kAssistant };
[[nodiscard]] std::string_view name_of(Role role);

struct Image {
  std::string media_type;  // image/png: from its bytes, not its name
  Text base64;             // RFC 4648 section 4, with padding
};

struct Message {
  Role role;
  Text content;
  std::vector<Image> images = {};  // placed after the text
};

struct FreeText {};
struct JsonObject {};  // any JSON object
struct JsonSchema {
  std::string name;    // letters, digits, _ and -
  std::string schema;  // a JSON object, sent unchanged
};
using ResponseFormat = std::variant<FreeText, JsonObject, JsonSchema>;

// How an answer is sampled. What is not given is the server's choice.
struct Sampling {
  struct Parameter {
    std::string name;
    std::string json;  // a JSON value, sent unchanged
  };
  std::optional<double> temperature = {};
  std::optional<double> top_p = {};
  std::optional<std::uint32_t> max_tokens = {};
  std::optional<std::uint64_t> seed = {};
  std::vector<std::string> stop = {};
  std::vector<Parameter> parameters = {};  // further members of the request, whatever the server makes of them
};

// The parameters that are given, as requests name them.
[[nodiscard]] std::vector<std::string> names_of(const Sampling& sampling);

struct ChatRequest {
  std::string model;
  std::vector<Message> messages = {};
  bool stream = true;
  bool ask_for_usage = true;  // of a stream, by stream_options, which some servers refuse
  ResponseFormat response_format = FreeText{};
  Sampling sampling = {};

  [[nodiscard]] ChatRequest copy() const;
};

// The content of a message as requests carry it: a JSON string, or parts where there are images. Appended.
void append_content(std::string& to, std::string_view text, const std::vector<Image>& images);

// The body of POST /v1/chat/completions. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_json(const ChatRequest& request);

// `text` as a JSON string with its quotes, appended.
void append_json_string(std::string& to, std::string_view text);

enum class FinishReason { kStop, kLength, kContentFilter, kToolCalls, kRefusal, kAbort, kOther };
[[nodiscard]] std::string_view name_of(FinishReason reason);
// Also in the words of servers other than OpenAI's.
[[nodiscard]] FinishReason finish_reason_of(std::string_view name);

struct Completion {
  Text text;                        // without the train of thought
  Text reasoning;                   // that train of thought, if the model or its server shows one
  bool began_with_thought = false;  // without marking it: what came before </think> was passed on as the answer
  Text refusal;                     // what the server marks as the model's refusal, in place of an answer
  bool asks_for_tool = false;       // a call of a tool, which nothing here runs
  std::optional<FinishReason> finish_reason;  // nothing: the backend gave none
  std::optional<Usage> usage;                 // nothing: the backend gave none, which is not zero
};

}  // namespace minions::chat
