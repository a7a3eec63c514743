#include "attestation/core/result.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace minions::attestation {

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass: return "pass";
    case Outcome::kFail: return "fail";
    case Outcome::kWaived: return "waived";
  }
  return "";
}

std::string shown(std::string_view from_outside) {
  constexpr std::size_t kLimit = 80;
  const Json text(std::string(from_outside.substr(0, kLimit)));
  return text.dump(-1, ' ', true, Json::error_handler_t::replace) + (from_outside.size() > kLimit ? "..." : "");
}

std::string verdict_text(const Verdict& verdict) {
  std::string text;
  for (const std::string& reader : verdict.readers) text += fmt::format("  reads   {}\n", reader);
  for (const Gap& gap : verdict.missing) text += fmt::format("  gap     {}\n", gap.text());
  return text;
}

namespace {

std::string title(std::string_view id) {
  constexpr std::string_view kEvidence = "evidence.";
  if (!id.starts_with(kEvidence)) return std::string(id);
  std::string words(id.substr(kEvidence.size()));
  std::replace(words.begin(), words.end(), '.', ' ');
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace

std::string Check::to_text() const {
  const std::string what = title(id);
  switch (outcome) {
    case Outcome::kPass: return fmt::format("{}: {}", what, found);
    case Outcome::kFail: return fmt::format("{}: want {} ({}), found {}", what, expected, source, found);
    case Outcome::kWaived: return fmt::format("{}: {}", what, source);
  }
  return what;
}

std::optional<Side> side_of(const Error& error) {
  if (error.cause == Cause::kTime) return Side::kClock;
  if (error.cause == Cause::kNotServed) return Side::kService;
  return std::nullopt;
}

const Check* AttestationResult::first_failure() const {
  for (const Check& check : checks) {
    if (check.outcome == Outcome::kFail) return &check;
  }
  return nullptr;
}

Json AttestationResult::to_json() const {
  Json list = Json::array();
  for (const Check& check : checks) {
    list.push_back({{"id", check.id},
                    {"outcome", name_of(check.outcome)},
                    {"expected", check.expected},
                    {"found", check.found},
                    {"source", check.source}});
  }
  Json missing = Json::array();
  for (const Gap& gap : verdict.missing) missing.push_back({{"what", gap.what}, {"fix", gap.fix}});
  const auto& verdict_class = verdict.verdict_class;
  return {{"verdict", accepted() ? "accepted" : "refused"},
          {"class", verdict_class ? Json(name_of(*verdict_class)) : Json()},
          {"readers", verdict.readers},
          {"missing", std::move(missing)},
          {"simulated", simulated},
          {"ar4si", vector.to_json()},
          {"checks", std::move(list)}};
}

std::string AttestationResult::to_text() const {
  std::string text = accepted() ? "accepted" : "refused";
  if (simulated) {
    text += ": SIMULATED, NOT CONFIDENTIAL";
  } else if (verdict.verdict_class) {
    text += fmt::format(": {}", name_of(*verdict.verdict_class));
  }
  text += '\n';
  text += verdict_text(verdict);
  for (const Check& check : checks) text += fmt::format("  {:<6}  {}\n", name_of(check.outcome), check.to_text());
  return text;
}

}  // namespace minions::attestation
