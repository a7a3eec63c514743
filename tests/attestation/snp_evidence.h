// Genuine evidence of SEV-SNP and of Azure's vTPMs, for the tests that read it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attestation/azure/snp.h"
#include "base/encoding.h"
#include "support/paths.h"

namespace minions::attestation::snp_evidence {

inline std::filesystem::path folder() { return test::shared_folder() / "evidence"; }
inline bool is_here() { return std::filesystem::exists(folder() / "MANIFEST.json"); }

inline const Json& manifest() {
  static const Json all = Json::parse(std::ifstream(folder() / "MANIFEST.json"));
  return all;
}

inline const Json& case_named(std::string_view id) {
  for (const Json& each : manifest()["cases"]) {
    if (each["id"] == id) return each;
  }
  throw std::runtime_error("no case " + std::string(id));
}

inline Bytes file(const std::string& path) {
  std::ifstream in(folder() / path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline std::vector<crypto::Certificate> pem(const std::string& path) {
  return crypto::Certificate::from_pem(as_text(file(path))).value();
}

inline UnixSeconds time_of(const std::string& iso) {
  int year{}, month{}, day{}, hour{}, minute{}, second{};
  EXPECT_EQ(std::sscanf(iso.c_str(), "%d-%d-%dT%d:%d:%dZ", &year, &month, &day, &hour, &minute, &second), 6);
  const std::chrono::sys_days date(std::chrono::year(year) / month / day);
  return std::chrono::duration_cast<std::chrono::seconds>(date.time_since_epoch()).count() + hour * 3600 + minute * 60 +
         second;
}

// A case, its files and what it is judged with.
struct Case {
  explicit Case(std::string_view id) : json(case_named(id)), name(id) {
    now = time_of(json["validation_time"].get<std::string>());
    for (const Json& each : json["files"]) {
      const auto path = each["file"].get<std::string>();
      if (path.ends_with(".der") && !each.contains("use"))
        certificates.push_back(crypto::Certificate::from_der(file(path)).value());
    }
    for (const Json& companion : json["companions"]) {
      for (auto& certificate : pem(companion.get<std::string>())) certificates.push_back(std::move(certificate));
    }
    if (json.contains("policy") && json["policy"].contains("max_vmpl"))
      rules.max_vmpl.value = json["policy"]["max_vmpl"].get<std::uint64_t>();
  }

  [[nodiscard]] Bytes part(const std::string& file_name) const { return file(name + "/" + file_name); }
  [[nodiscard]] const Json& expected() const { return json["expected"]; }
  [[nodiscard]] bool accepts() const { return json["verdict"] == "accept"; }

  const Json& json;
  std::string name;
  std::vector<crypto::Certificate> certificates;
  std::vector<crypto::RevocationList> revocation_lists;
  SnpRules rules;
  UnixSeconds now = 0;
};

inline std::string test_name(std::string_view id) {
  std::string name(id);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// The id of the first check that failed without `evidence.TYPE.`, or "accepted".
inline std::string failure(const CheckList& checks) {
  for (const Check& check : checks.checks()) {
    if (check.outcome == Outcome::kFail) return check.id.substr(check.id.find('.', check.id.find('.') + 1) + 1);
  }
  return checks.checks().empty() ? "no check" : "accepted";
}

inline std::string text_of(const CheckList& checks) {
  std::string text;
  for (const Check& check : checks.checks()) text += check.to_text() + "\n";
  return text;
}

// Verdict and, where it is a refusal, the group of its first failing check are the case's.
inline void expect_verdict(const Case& evidence, const CheckList& checks) {
  const std::string found = failure(checks);
  EXPECT_EQ(found == "accepted", evidence.accepts()) << text_of(checks);
  if (evidence.accepts() || !evidence.json.contains("check")) return;
  const auto groups = evidence.json["check"].get<std::vector<std::string>>();
  EXPECT_NE(std::find(groups.begin(), groups.end(), found.substr(0, found.find('.'))), groups.end()) << found;
}

inline Bytes with_bit_flipped(ByteView bytes, std::size_t bit) {
  Bytes out = to_bytes(bytes);
  out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] ^ (1U << (bit % 8)));
  return out;
}

// As MANIFEST.json's `mutations` describe them.
inline Bytes mutated(const Json& mutation, Bytes bytes) {
  const std::string op = mutation["op"];
  if (op == "truncate") {
    bytes.resize(mutation["length"].get<std::size_t>());
    return bytes;
  }
  const auto offset = mutation["offset"].get<std::int64_t>();
  auto& byte =
      bytes.at(static_cast<std::size_t>(offset < 0 ? static_cast<std::int64_t>(bytes.size()) + offset : offset));
  const auto value = mutation["value"].get<std::uint8_t>();
  byte = op == "xor" ? byte ^ value : value;
  return bytes;
}

inline bool in_groups(const Json& mutation, const std::string& found) {
  const auto groups = mutation["check"].get<std::vector<std::string>>();
  return std::find(groups.begin(), groups.end(), found.substr(0, found.find('.'))) != groups.end();
}

// The values of pcrs.json that a quote selects.
inline Bytes selected_pcrs(const TpmQuote& quote, ByteView pcrs_json) {
  const Json all = Json::parse(as_text(pcrs_json));
  Bytes values;
  for (const auto& selection : quote.selections) {
    for (const std::uint8_t index : selection.pcrs) append(values, from_hex(all[index].get<std::string>()).value());
  }
  return values;
}

}  // namespace minions::attestation::snp_evidence
