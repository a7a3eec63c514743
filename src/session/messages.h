// The JSON inside handshakes, heads, trailers and alerts (docs/protocol.md sections 4 to 7), parsed once into types.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "session/key_schedule.h"
#include "session/padding.h"

namespace minions::session {

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case
[[nodiscard]] std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct RequestHead {
  std::string method;
  std::string path;
  Headers headers;
  std::uint64_t length = 0;  // data bytes that follow

  // At most 16,000 bytes; names [a-z0-9-]+, values 0x20 to 0x7e.
  [[nodiscard]] static Result<RequestHead> parse(std::string_view json);
  [[nodiscard]] std::string to_json() const;
};

struct ReplyHead {
  int status = 0;
  Headers headers;

  [[nodiscard]] static Result<ReplyHead> parse(std::string_view json);
  [[nodiscard]] std::string to_json() const;
};

enum class AlertCode {
  kOverloaded,
  kTooLarge,
  kUnauthorized,
  kNotFound,
  kBadRequest,
  kBackendFailed,
  kTimeout,
  kCancelled,
  kInternal
};
[[nodiscard]] std::string_view name_of(AlertCode code);

enum class Processed { kNo, kYes };  // whether the model may have worked on the request

struct Alert {
  AlertCode code = AlertCode::kInternal;
  std::string message;
  Processed processed = Processed::kNo;

  // An unknown code is read as internal: a newer server may have more codes.
  [[nodiscard]] static Result<Alert> parse(std::string_view json);
  [[nodiscard]] std::string to_json() const;
};

// What the server states in the payload of message 2.
struct SessionParameters {
  SessionId session{};
  std::uint32_t idle_s = 900;
  std::uint32_t max_s = 3600;
  std::uint64_t max_request = 75'497'472;  // sealed bytes of one request's body
  std::uint32_t max_streams = 64;
  PaddingMode padding = PaddingMode::kTick;
  std::uint32_t tick_ms = 40;

  [[nodiscard]] static Result<SessionParameters> parse(std::string_view json);
  [[nodiscard]] std::string to_json() const;
};

// {"client":"minions/0.1.0","pad":"..."}: accepts any strict object; the client chooses the pad's length.
[[nodiscard]] std::string client_hello_json(std::string_view client, std::size_t pad);
[[nodiscard]] Status check_client_hello(std::string_view json);

// Request trailers carry nothing yet.
[[nodiscard]] Status check_request_trailer(std::string_view json);

}  // namespace minions::session
