// What a model's server says went wrong, in whichever form it says it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace minions::chat {

struct ApiError {
  std::string message;  // on one line, bounded; may be empty
  std::string type;
  std::string code;
  std::string param;  // the member of the request that is at fault
};

// Of a JSON object: {"error":{"message","type","code"}}, {"error":"text"}, {"object":"error","message"},
// {"type":"error"}, or FastAPI's {"detail": text or [{"loc","msg"}]}. Nothing: it reports no error.
[[nodiscard]] std::optional<ApiError> read_api_error(std::string_view json);
// The body of a reply whose status is an error: one of these forms, {"message"}, or plain text. HTML is left out.
[[nodiscard]] ApiError read_error_body(std::string_view body);

// Whether a server that answers 503 says that its model is being loaded, and no load of requests.
[[nodiscard]] bool says_loading(const ApiError& error);

// kBackend.
[[nodiscard]] Error to_error(const ApiError& error);
// kBackend, with the status, and with the cause where the body names a part of the request that its server does not
// take. who: `the model's server`, or its address.
[[nodiscard]] Error status_error(std::string_view who, int status, std::string_view body);

}  // namespace minions::chat
