#include "collateral/reply.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "attestation/core/result.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/utc.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"

namespace minions::collateral {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<Bytes> decode_issuer_chain(std::string_view header) {
  Bytes out;
  out.reserve(header.size());
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i] != '%') {
      out.push_back(static_cast<std::uint8_t>(header[i]));
      continue;
    }
    const int high = i + 2 < header.size() ? hex_value(header[i + 1]) : -1;
    const int low = i + 2 < header.size() ? hex_value(header[i + 2]) : -1;
    if (high < 0 || low < 0) return fail(ErrorCode::kMalformed, fmt::format("issuer chain: a broken escape at {}", i));
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
    i += 2;
  }
  if (!crypto::Certificate::from_pem(as_text(out)))
    return fail(ErrorCode::kMalformed, "issuer chain: no certificates in it");
  return out;
}

Result<Bytes> decode_rim(std::string_view json) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(json, {.bytes = kMostReplyBytes}));
  MINIONS_TRY_ASSIGN(std::string encoded, string_member(object, "rim"));
  MINIONS_TRY_ASSIGN(const std::string digest, string_member(object, "sha256"));
  std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r'; });
  MINIONS_TRY_ASSIGN(Bytes tag, from_base64(encoded));
  const std::string found = to_hex(crypto::sha256(tag));
  if (found != digest)
    return fail(ErrorCode::kMalformed, fmt::format("rim: want sha256 {}, found {}", attestation::shown(digest), found));
  return tag;
}

UnixSeconds json_next_update(std::string_view json) {
  const auto object = parse_strict_json(json, {.bytes = kMostReplyBytes});
  if (!object) return 0;
  for (const std::string_view name : {"tcbInfo", "enclaveIdentity"}) {
    const auto value = object_member(*object, name);
    if (!value) continue;
    const auto text = string_member(**value, "nextUpdate");
    return text ? parse_utc(*text).value_or(0) : 0;
  }
  return 0;
}

UnixSeconds list_next_update(ByteView list) {
  const auto lists = crypto::RevocationList::read(list);
  if (!lists) return 0;
  const auto first = std::min_element(lists->begin(), lists->end(),
                                      [](const auto& a, const auto& b) { return a.next_update() < b.next_update(); });
  return first->next_update();
}

}  // namespace minions::collateral
