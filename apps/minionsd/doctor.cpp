#include "doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/terminal_text.h"

namespace minions::minionsd {
namespace {

constexpr int kWouldNotAttest = 3;

std::string_view name_of(Finding::State state) {
  switch (state) {
    case Finding::State::kGood: return "ok";
    case Finding::State::kAbsent: return "absent";
    case Finding::State::kNote: return "note";
    case Finding::State::kBad: return "bad";
  }
  return "";
}

bool would_attest(const std::vector<Finding>& findings) {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.state == Finding::State::kBad; });
}

}  // namespace

std::string to_text(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{:<7} {}: {}\n", name_of(finding.state), finding.part, line_for_terminal(finding.found));
    if (!finding.fix.empty()) text += fmt::format("        fix: {}\n", line_for_terminal(finding.fix));
  }
  return text + (would_attest(findings) ? "minionsd would start and attest here\n"
                                        : "minionsd would not start, or not attest, here\n");
}

std::string to_json(const std::vector<Finding>& findings) {
  using OrderedJson = nlohmann::ordered_json;
  OrderedJson parts = OrderedJson::array();
  for (const Finding& finding : findings) {
    OrderedJson part = {
        {"part", finding.part}, {"state", std::string(name_of(finding.state))}, {"found", finding.found}};
    if (!finding.fix.empty()) part["fix"] = finding.fix;
    parts.push_back(std::move(part));
  }
  const OrderedJson report = {{"would_attest", would_attest(findings)}, {"parts", std::move(parts)}};
  return report.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

int doctor(const DoctorOptions& options) {
  const std::vector<Finding> findings = inspect(options);
  const bool json = options.format == DoctorOptions::Format::kJson;
  const std::string text = json ? to_json(findings) : to_text(findings);
  fmt::print("{}", ::isatty(STDOUT_FILENO) == 1 ? for_terminal(text) : text);
  return would_attest(findings) ? 0 : kWouldNotAttest;
}

}  // namespace minions::minionsd
