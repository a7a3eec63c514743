#include "session/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/json.h"

namespace minions::session {
namespace {

constexpr JsonLimits kHeadLimits{.bytes = kMaxHeadData};
constexpr JsonLimits kRecordLimits{.bytes = kMaxRecordData};
constexpr JsonLimits kHandshakeLimits{.bytes = 4096};

constexpr std::array<std::pair<AlertCode, std::string_view>, 9> kAlerts = {
    {{AlertCode::kOverloaded, "overloaded"},
     {AlertCode::kTooLarge, "too_large"},
     {AlertCode::kUnauthorized, "unauthorized"},
     {AlertCode::kNotFound, "not_found"},
     {AlertCode::kBadRequest, "bad_request"},
     {AlertCode::kBackendFailed, "backend_failed"},
     {AlertCode::kTimeout, "timeout"},
     {AlertCode::kCancelled, "cancelled"},
     {AlertCode::kInternal, "internal"}}};

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}
bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

Result<Headers> parse_headers(const Json& head) {
  MINIONS_TRY_ASSIGN(const Json* object, object_member(head, "headers"));
  Headers headers;
  for (const auto& [name, value] : object->items()) {
    if (!is_header_name(name)) return fail(ErrorCode::kMalformed, "headers: a name is not of [a-z0-9-]+");
    if (!value.is_string() || !is_visible(value.get_ref<const std::string&>())) {
      return fail(ErrorCode::kMalformed,
                  fmt::format("headers: {} has a value outside 0x20 to 0x7e", std::string_view(name).substr(0, 64)));
    }
    headers.emplace_back(name, value.get<std::string>());
  }
  return headers;
}

void append_headers(std::string& json, const Headers& headers) {
  json += R"("headers":{)";
  for (const auto& [name, value] : headers) {
    if (json.back() != '{') json += ',';
    json += json_quoted(name) + ':' + json_quoted(value);
  }
  json += '}';
}

Result<std::uint32_t> small_integer(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(const std::uint64_t value, integer_member(object, name));
  if (value > std::numeric_limits<std::uint32_t>::max())
    return fail(ErrorCode::kMalformed, fmt::format("{}: {} is too large", name, value));
  return static_cast<std::uint32_t>(value);
}

}  // namespace

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

Result<RequestHead> RequestHead::parse(std::string_view json) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(json, kHeadLimits));
  RequestHead head;
  MINIONS_TRY_ASSIGN(head.method, string_member(object, "method"));
  MINIONS_TRY_ASSIGN(head.path, string_member(object, "path"));
  if (object.contains("headers")) {
    MINIONS_TRY_ASSIGN(head.headers, parse_headers(object));
  }
  if (object.contains("length")) {
    MINIONS_TRY_ASSIGN(head.length, integer_member(object, "length"));
  }
  return head;
}

std::string RequestHead::to_json() const {
  std::string json = R"({"method":)" + json_quoted(method) + R"(,"path":)" + json_quoted(path) + ',';
  append_headers(json, headers);
  if (length > 0) json += R"(,"length":)" + std::to_string(length);
  return json + '}';
}

Result<ReplyHead> ReplyHead::parse(std::string_view json) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(json, kRecordLimits));
  ReplyHead head;
  MINIONS_TRY_ASSIGN(const std::uint64_t status, integer_member(object, "status"));
  if (status < 200 || status > 599)
    return fail(ErrorCode::kMalformed, fmt::format("status: want 200 to 599, found {}", status));
  head.status = static_cast<int>(status);
  if (object.contains("headers")) {
    MINIONS_TRY_ASSIGN(head.headers, parse_headers(object));
  }
  return head;
}

std::string ReplyHead::to_json() const {
  std::string json = R"({"status":)" + std::to_string(status) + ',';
  append_headers(json, headers);
  return json + '}';
}

std::string_view name_of(AlertCode code) {
  return std::find_if(kAlerts.begin(), kAlerts.end(), [&](const auto& row) { return row.first == code; })->second;
}

Result<Alert> Alert::parse(std::string_view json) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(json, kRecordLimits));
  Alert alert;
  MINIONS_TRY_ASSIGN(const std::string code, string_member(object, "code"));
  const auto* const row =
      std::find_if(kAlerts.begin(), kAlerts.end(), [&](const auto& each) { return each.second == code; });
  alert.code = row == kAlerts.end() ? AlertCode::kInternal : row->first;
  if (object.contains("message")) {
    MINIONS_TRY_ASSIGN(alert.message, string_member(object, "message"));
  }
  MINIONS_TRY_ASSIGN(const bool processed, bool_member(object, "processed"));
  alert.processed = processed ? Processed::kYes : Processed::kNo;
  return alert;
}

std::string Alert::to_json() const {
  return fmt::format(R"({{"code":"{}","message":{},"processed":{}}})", name_of(code), json_quoted(message),
                     processed == Processed::kYes);
}

Result<SessionParameters> SessionParameters::parse(std::string_view json) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(json, kHandshakeLimits));
  SessionParameters out;
  MINIONS_TRY_ASSIGN(const std::string id, string_member(object, "session"));
  MINIONS_TRY_ASSIGN(out.session, exactly<16>(from_hex(id)));
  MINIONS_TRY_ASSIGN(out.idle_s, small_integer(object, "idle_s"));
  MINIONS_TRY_ASSIGN(out.max_s, small_integer(object, "max_s"));
  MINIONS_TRY_ASSIGN(out.max_request, integer_member(object, "max_request"));
  MINIONS_TRY_ASSIGN(out.max_streams, small_integer(object, "max_streams"));
  MINIONS_TRY_ASSIGN(const std::string padding, string_member(object, "padding"));
  const auto mode = padding_mode_from(padding);
  if (!mode) return fail(ErrorCode::kMalformed, "padding: want off, bucket, tick or constant");
  out.padding = *mode;
  MINIONS_TRY_ASSIGN(out.tick_ms, small_integer(object, "tick_ms"));
  return out;
}

std::string SessionParameters::to_json() const {
  return fmt::format(
      R"({{"session":"{}","idle_s":{},"max_s":{},"max_request":{},"max_streams":{},"padding":"{}","tick_ms":{}}})",
      to_hex(session), idle_s, max_s, max_request, max_streams, name_of(padding), tick_ms);
}

std::string client_hello_json(std::string_view client, std::size_t pad) {
  return R"({"client":)" + json_quoted(client) + R"(,"pad":")" + std::string(pad, ' ') + R"("})";
}

Status check_client_hello(std::string_view json) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(json, kHandshakeLimits));
  if (object.contains("client")) MINIONS_TRY(string_member(object, "client"));
  return {};
}

Status check_request_trailer(std::string_view json) {
  MINIONS_TRY(parse_strict_json(json, kRecordLimits));
  return {};
}

}  // namespace minions::session
