#include <fmt/format.h>

#include "base/encoding.h"
#include "manifest_case.h"

namespace minions::cases {
namespace {

Result<std::size_t> offset_in(const Bytes& bytes, const Json& mutation) {
  const auto found = mutation.find("offset");
  if (found == mutation.end() || !found->is_number_integer())
    return fail(ErrorCode::kMalformed, "mutation: offset: want an integer");
  std::int64_t offset = found->get<std::int64_t>();
  if (offset < 0) offset += static_cast<std::int64_t>(bytes.size());  // from the end
  if (offset < 0 || offset >= static_cast<std::int64_t>(bytes.size())) {
    return fail(ErrorCode::kMalformed,
                fmt::format("mutation: offset {} in a file of {} bytes", found->get<std::int64_t>(), bytes.size()));
  }
  return static_cast<std::size_t>(offset);
}

// One byte as `value`, or several in hex as `bytes`.
Result<Bytes> operand(const Json& mutation) {
  for (const std::string_view name : {"bytes", "hex", "data"}) {
    if (mutation.contains(name) && mutation[name].is_string())
      return from_hex_any_case(mutation[name].get<std::string>());
  }
  if (mutation.contains("value") && mutation["value"].is_string())
    return from_hex_any_case(mutation["value"].get<std::string>());
  MINIONS_TRY_ASSIGN(const std::uint64_t value, integer_member(mutation, "value"));
  if (value > 0xff) return fail(ErrorCode::kMalformed, fmt::format("mutation: value {} is no byte", value));
  return Bytes{static_cast<std::uint8_t>(value)};
}

Status change_bytes(Bytes& bytes, const Json& mutation, bool flip) {
  MINIONS_TRY_ASSIGN(const std::size_t offset, offset_in(bytes, mutation));
  MINIONS_TRY_ASSIGN(const Bytes by, operand(mutation));
  if (by.size() > bytes.size() - offset) return fail(ErrorCode::kMalformed, "mutation: over the end of the file");
  for (std::size_t i = 0; i < by.size(); ++i)
    bytes[offset + i] = static_cast<std::uint8_t>(flip ? bytes[offset + i] ^ by[i] : by[i]);
  return {};
}

Status truncate(Bytes& bytes, const Json& mutation) {
  MINIONS_TRY_ASSIGN(const std::uint64_t length, integer_member(mutation, "length"));
  if (length >= bytes.size()) {
    return fail(ErrorCode::kMalformed, fmt::format("mutation: length {} of a file of {} bytes", length, bytes.size()));
  }
  bytes.resize(length);
  return {};
}

Status append_bytes(Bytes& bytes, const Json& mutation) {
  MINIONS_TRY_ASSIGN(const Bytes more, operand(mutation));
  append(bytes, more);
  return {};
}

Status insert_bytes(Bytes& bytes, const Json& mutation) {
  MINIONS_TRY_ASSIGN(const std::size_t offset, offset_in(bytes, mutation));
  MINIONS_TRY_ASSIGN(const Bytes more, operand(mutation));
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(offset), more.begin(), more.end());
  return {};
}

Status delete_bytes(Bytes& bytes, const Json& mutation) {
  MINIONS_TRY_ASSIGN(const std::size_t offset, offset_in(bytes, mutation));
  MINIONS_TRY_ASSIGN(const std::uint64_t length, integer_member(mutation, "length"));
  if (length > bytes.size() - offset) return fail(ErrorCode::kMalformed, "mutation: over the end of the file");
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
  bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(length));
  return {};
}

Status replace(Bytes& bytes, const Json& mutation) {
  MINIONS_TRY_ASSIGN(const std::string from, string_member(mutation, "from"));
  MINIONS_TRY_ASSIGN(const std::string to, string_member(mutation, "to"));
  std::string text(as_text(bytes));
  const std::size_t at = text.find(from);
  if (from.empty() || at == std::string::npos) return fail(ErrorCode::kMalformed, "mutation: its text is not there");
  text.replace(at, from.size(), to);
  bytes.assign(text.begin(), text.end());
  return {};
}

Status swap_device_tokens(Bytes& bytes, const Json& mutation) {
  MINIONS_TRY_ASSIGN(const std::string a, string_member(mutation, "a"));
  MINIONS_TRY_ASSIGN(const std::string b, string_member(mutation, "b"));
  Json response = parse_json(as_text(bytes));
  if (!response.is_array() || response.size() != 2 || !response[1].contains(a) || !response[1].contains(b))
    return fail(ErrorCode::kMalformed, "mutation: no two such device tokens");
  std::swap(response[1][a], response[1][b]);
  const std::string text = response.dump();
  bytes.assign(text.begin(), text.end());
  return {};
}

// The header states that no signature is needed, and there is none.
Status alg_none(Bytes& bytes) {
  const std::string token(as_text(bytes));
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first == std::string::npos ? first : first + 1);
  if (second == std::string::npos) return fail(ErrorCode::kMalformed, "mutation: not a token");
  MINIONS_TRY_ASSIGN(const Bytes decoded, from_base64url(token.substr(0, first)));
  Json header = parse_json(as_text(decoded));
  if (!header.is_object()) return fail(ErrorCode::kMalformed, "mutation: not a token");
  header["alg"] = "none";
  const std::string altered = to_base64url(as_bytes(header.dump())) + token.substr(first, second - first) + '.';
  bytes.assign(altered.begin(), altered.end());
  return {};
}

}  // namespace

Status mutate(audit::EvidenceCase& to, const Json& mutation) {
  MINIONS_TRY_ASSIGN(const std::string name, string_member(mutation, "file"));
  MINIONS_TRY_ASSIGN(const std::string operation, string_member(mutation, "op"));
  const std::string file_name = name.substr(name.rfind('/') + 1);
  const auto found = std::find_if(to.files.begin(), to.files.end(),
                                  [&](const audit::NamedFile& file) { return file.name == file_name; });
  if (found == to.files.end()) return fail(ErrorCode::kMalformed, fmt::format("mutation: no file {}", name));
  Bytes& bytes = found->bytes;
  if (operation == "xor") return change_bytes(bytes, mutation, true);
  if (operation == "set") return change_bytes(bytes, mutation, false);
  if (operation == "truncate") return truncate(bytes, mutation);
  if (operation == "append") return append_bytes(bytes, mutation);
  if (operation == "insert") return insert_bytes(bytes, mutation);
  if (operation == "delete") return delete_bytes(bytes, mutation);
  if (operation == "replace") return replace(bytes, mutation);
  if (operation == "swap-device-tokens") return swap_device_tokens(bytes, mutation);
  if (operation == "alg-none") return alg_none(bytes);
  return fail(ErrorCode::kUnsupported, fmt::format("mutation: unknown op {}", operation));
}

}  // namespace minions::cases
