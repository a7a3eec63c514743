// The genuine TDX quotes and collateral beside the project, and how the tests judge them.
#pragma once

#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attestation/intel/tdx.h"
#include "base/encoding.h"
#include "support/paths.h"

namespace minions::attestation::tdx {

// A quote, all its collateral and the time to judge it at. Tests change one of them.
struct TdxEvidence {
  Bytes quote;
  Endorsements collateral;
  UnixSeconds now = 0;
  TdxRules policy;
  std::optional<ReportData64> report_data;
  std::vector<Digest32> roots = {roots::kIntelSgx};
  std::optional<TdBody> body;  // what the last judgement gave

  [[nodiscard]] std::vector<Check> judge() {
    CheckList checks("tdx");
    body = verify_tdx({.quote = quote,
                       .collateral = TdxCollateral::of(collateral),
                       .policy = policy,
                       .now = now,
                       .report_data = report_data,
                       .roots = roots},
                      checks);
    return std::move(checks).take();
  }
  // The first check that fails, without what all ids begin with; or "accepted".
  [[nodiscard]] std::string failure() {
    for (const Check& check : judge()) {
      if (check.outcome == Outcome::kFail) return check.id.substr(std::string_view("evidence.tdx.").size());
    }
    return "accepted";
  }
  // Every check that fails.
  [[nodiscard]] std::vector<std::string> failures() {
    std::vector<std::string> ids;
    for (const Check& check : judge()) {
      if (check.outcome == Outcome::kFail) ids.push_back(check.id.substr(std::string_view("evidence.tdx.").size()));
    }
    return ids;
  }
  [[nodiscard]] Check check(std::string_view name) {
    for (const Check& check : judge()) {
      if (check.id == "evidence.tdx." + std::string(name)) return check;
    }
    ADD_FAILURE() << "no check " << name;
    return {};
  }
};

inline std::string to_text(const std::vector<Check>& checks) {
  std::string text;
  for (const Check& check : checks) text += std::string(name_of(check.outcome)) + " " + check.to_text() + "\n";
  return text;
}

inline const std::filesystem::path& evidence_folder() {
  static const std::filesystem::path folder = test::shared_folder() / "evidence";
  return folder;
}

// Nothing where the clone stands alone.
inline const std::optional<nlohmann::json>& evidence_manifest() {
  static const std::optional<nlohmann::json> manifest = [] {
    std::ifstream file(evidence_folder() / "MANIFEST.json");
    return file ? std::optional(nlohmann::json::parse(file)) : std::nullopt;
  }();
  return manifest;
}

inline Bytes read_evidence(const std::string& path) {
  std::ifstream file(evidence_folder() / path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return to_bytes(std::string(std::istreambuf_iterator<char>(file), {}));
}

inline UnixSeconds seconds_of(const std::string& iso8601) {
  std::tm parts{};
  EXPECT_NE(strptime(iso8601.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts), nullptr) << iso8601;
  return timegm(&parts);
}

inline TdxEvidence genuine_tdx(const nlohmann::json& entry) {
  const std::string id = entry["id"].get<std::string>();
  TdxEvidence evidence;
  const bool azure = std::filesystem::exists(evidence_folder() / id / "td_quote.bin");
  evidence.quote = read_evidence(id + (azure ? "/td_quote.bin" : "/quote.bin"));
  for (const char* file : {"tcb_info.json", "tcb_info_issuer_chain.pem", "qe_identity.json",
                           "qe_identity_issuer_chain.pem", "pck_crl.der", "root_ca_crl.der"}) {
    evidence.collateral[std::filesystem::path(file).stem()] = {read_evidence(id + "/" + file)};
  }
  evidence.now = seconds_of(entry["validation_time"].get<std::string>());
  return evidence;
}

inline bool has_tdx_quote(const nlohmann::json& entry) {
  return entry["id"].get<std::string>().find("tdx") != std::string::npos;
}

inline const nlohmann::json& evidence_case(std::string_view id) {
  for (const nlohmann::json& entry : (*evidence_manifest())["cases"]) {
    if (entry["id"] == id) return entry;
  }
  ADD_FAILURE() << "no case " << id;
  return (*evidence_manifest())["cases"].front();
}

}  // namespace minions::attestation::tdx
