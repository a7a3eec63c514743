// The genuine evidence of NVIDIA GPUs beside the project, where it is.
#pragma once

#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attestation/synthetic_nvidia.h"
#include "support/paths.h"
#include "support/vectors.h"

namespace minions::attestation::nvidia {

inline std::optional<Json> manifest() { return testing::shared_json("evidence/MANIFEST.json"); }

inline Bytes evidence_file(const std::string& name) {
  std::ifstream in(test::shared_folder() / "evidence" / name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return to_bytes(std::string(std::istreambuf_iterator<char>(in), {}));
}

inline UnixSeconds time_of(const Json& entry) {
  std::tm parts{};
  EXPECT_NE(strptime(entry["validation_time"].get<std::string>().c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts), nullptr);
  return timegm(&parts);
}

inline const Json& case_named(const Json& all, std::string_view id) {
  for (const Json& entry : all["cases"]) {
    if (entry["id"] == id) return entry;
  }
  throw std::runtime_error("no such case");
}

// A genuine GPU as the manifest's default policy judges it: RIMs where there are some, no OCSP.
struct GenuineGpu {
  explicit GenuineGpu(const Json& entry) : now(time_of(entry)) {
    for (const Json& file : entry["files"]) {
      const std::string name = file["file"].get<std::string>();
      const std::string role = file["role"].get<std::string>();
      if (role.find("SPDM") != role.npos) report = evidence_file(name);
      if (role.find("certificate chain") != role.npos && role.find("TDX") == role.npos)
        certificates = as_text(evidence_file(name));
      if (role.find("RIM") != role.npos) rims.push_back(evidence_file(name));
    }
    rules.rim.value = RimMode::kIfPresent;
    rules.ocsp.value = OcspMode::kOff;
  }

  // The first check that fails, of the last judgement.
  [[nodiscard]] Check failed() const {
    for (const Check& check : checks) {
      if (check.outcome == Outcome::kFail) return check;
    }
    ADD_FAILURE() << "all passed";
    return {};
  }
  std::string failure() {
    const auto verified = verify_nvidia_rims(rims, now);
    CheckList list("nvidia-gpu");
    OcspAnswers no_answers({}, now);
    key = verify_nvidia_gpu({.report = report,
                             .certificates = certificates,
                             .rims = verified,
                             .ocsp = no_answers,
                             .nonce = nonce,
                             .rules = rules,
                             .now = now},
                            list);
    checks = std::move(list).take();
    return first_failure(checks);
  }

  Bytes report;
  std::string certificates;
  std::vector<Bytes> rims;
  std::optional<Digest32> nonce;
  GpuRules rules;
  UnixSeconds now;
  std::vector<Check> checks;
  std::optional<Digest32> key;
};

// Whether the first failing check is of a group that the manifest names; of none, if it names none.
inline bool fits(const Json& groups, std::string_view failure) {
  const std::string group(failure.substr(0, failure.find('.')));
  return groups.is_null() || std::find(groups.begin(), groups.end(), Json(group)) != groups.end();
}

}  // namespace minions::attestation::nvidia
