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

struct ChatRequest {
  std::string model;
  std::vector<Message> messages = {};
  bool stream = true;
  ResponseFormat response_format = FreeText{};
  std::optional<double> temperature = {};
  std::optional<std::uint32_t> max_tokens = {};
  std::optional<std::uint64_t> seed = {};
  std::vector<std::string> stop = {};
};

// The content of a message as requests carry it: a JSON string, or parts where there are images. Appended.
void append_content(std::string& to, std::string_view text, const std::vector<Image>& images);

// The body of POST /v1/chat/completions. A streamed request asks for usage too. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_json(const ChatRequest& request);

// `text` as a JSON string with its quotes, appended.
void append_json_string(std::string& to, std::string_view text);

enum class FinishReason { kStop, kLength, kContentFilter, kToolCalls, kOther };
[[nodiscard]] std::string_view name_of(FinishReason reason);
[[nodiscard]] FinishReason finish_reason_of(std::string_view name);

struct Completion {
  Text text;
  std::optional<FinishReason> finish_reason;  // nothing: the backend gave none
  std::optional<Usage> usage;                 // nothing: the backend gave none, which is not zero
};

}  // namespace minions::chat
