#include "attestation/policy/rule_text.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"

namespace minions::attestation {

std::string_view name_of(RimMode mode) {
  switch (mode) {
    case RimMode::kRequire: return "require";
    case RimMode::kIfPresent: return "if-present";
    case RimMode::kOff: return "off";
  }
  return "";
}

std::string_view name_of(OcspMode mode) {
  switch (mode) {
    case OcspMode::kRequire: return "require";
    case OcspMode::kOff: return "off";
  }
  return "";
}

std::string_view name_of(CrlMode mode) {
  switch (mode) {
    case CrlMode::kRequire: return "require";
    case CrlMode::kIfAvailable: return "if-available";
  }
  return "";
}

std::string_view name_of(TokenMode mode) {
  switch (mode) {
    case TokenMode::kRequire: return "require";
    case TokenMode::kIfPresent: return "if-present";
    case TokenMode::kOff: return "off";
  }
  return "";
}

std::string_view name_of(TlsMode mode) {
  switch (mode) {
    case TlsMode::kRequire: return "require";
    case TlsMode::kIfListed: return "if-listed";
    case TlsMode::kOff: return "off";
  }
  return "";
}

std::string_view name_of(FreshnessMode mode) {
  switch (mode) {
    case FreshnessMode::kNonce: return "nonce";
    case FreshnessMode::kCached: return "cached";
  }
  return "";
}

std::string_view name_of(Covers covers) {
  switch (covers) {
    case Covers::kFirmware: return "firmware";
    case Covers::kKernel: return "kernel";
    case Covers::kRoot: return "root";
    case Covers::kConfig: return "config";
  }
  return "";
}

std::string_view name_of(AuthorKeyMode mode) {
  switch (mode) {
    case AuthorKeyMode::kNone: return "none";
    case AuthorKeyMode::kRequire: return "require";
  }
  return "";
}

void RuleWriter::begin(std::string_view table, std::string_view key) { name_ = fmt::format("[{}] {}", table, key); }

std::string RuleWriter::hex_of(ByteView bytes) { return to_hex(bytes); }

// A bare key where TOML takes one.
std::string RuleWriter::entry_name(const std::string& name) {
  constexpr std::string_view kBare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return name.find_first_not_of(kBare) == std::string::npos ? name : json_quoted(name);
}

void RuleWriter::add_text(std::string value, const std::string& source) {
  rules_.push_back({name_, std::move(value), source});
}

void RuleWriter::add_unset() { rules_.push_back({name_, "not set", ""}); }
void RuleWriter::add(const Rule<bool>& rule) { add_text(rule.value ? "true" : "false", rule.source); }
void RuleWriter::add(const Rule<std::uint64_t>& rule) { add_text(std::to_string(rule.value), rule.source); }
void RuleWriter::add(const Rule<std::string>& rule) { add_text(json_quoted(rule.value), rule.source); }

void RuleWriter::add(const Rule<std::vector<std::string>>& rule) {
  std::string list;
  for (const std::string& value : rule.value) list += (list.empty() ? "" : ", ") + json_quoted(value);
  add_text(fmt::format("[{}]", list), rule.source);
}

void RuleWriter::add(const Rule<RimMode>& rule) { add_text(json_quoted(name_of(rule.value)), rule.source); }
void RuleWriter::add(const Rule<OcspMode>& rule) { add_text(json_quoted(name_of(rule.value)), rule.source); }
void RuleWriter::add(const Rule<CrlMode>& rule) { add_text(json_quoted(name_of(rule.value)), rule.source); }
void RuleWriter::add(const Rule<TokenMode>& rule) { add_text(json_quoted(name_of(rule.value)), rule.source); }
void RuleWriter::add(const Rule<TlsMode>& rule) { add_text(json_quoted(name_of(rule.value)), rule.source); }
void RuleWriter::add(const Rule<FreshnessMode>& rule) { add_text(json_quoted(name_of(rule.value)), rule.source); }
void RuleWriter::add(const Rule<VerdictClass>& rule) { add_text(json_quoted(name_of(rule.value)), rule.source); }
void RuleWriter::add(const Rule<Covers>& rule) { add_text(json_quoted(name_of(rule.value)), rule.source); }
void RuleWriter::add(const Rule<AuthorKeyMode>& rule) { add_text(json_quoted(name_of(rule.value)), rule.source); }

void RuleWriter::add(const Rule<std::vector<TdPlatform>>& rule) {
  std::string list;
  for (const TdPlatform& platform : rule.value) {
    list += fmt::format("{}{{ mrtd = \"{}\", rtmr0 = \"{}\" }}", list.empty() ? "" : ", ", hex_of(platform.mrtd),
                        hex_of(platform.rtmr0));
  }
  add_text(fmt::format("[{}]", list), rule.source);
}

void RuleWriter::add(const Rule<Suite>& rule) {
  add_text(rule.value == Suite::kHybrid ? "\"hybrid\"" : "\"classical\"", rule.source);
}

}  // namespace minions::attestation
