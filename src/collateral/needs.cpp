#include "collateral/needs.h"

#include "base/encoding.h"
#include "collateral/amd_needs.h"
#include "collateral/intel_needs.h"
#include "collateral/nvidia_needs.h"

namespace minions::collateral {
namespace {

namespace evidence_type = attestation::evidence_type;

constexpr std::int64_t kKeepKeysS = 6 * 3600;

Need keys(Need::Kind kind, std::string what, std::string url) {
  Need need;
  need.kind = kind;
  need.what = std::move(what);
  need.url = std::move(url);
  need.keep_s = kKeepKeysS;
  return need;
}

}  // namespace

std::string Need::question() const { return body.empty() ? url : url + ' ' + to_base64url(body); }

std::vector<Need> needs_of(const NeedsInput& input) {
  std::vector<Need> needs;
  attestation::GpuCollateral gpus(input.endorsements, input.policy.gpu, input.now, input.anchors());
  for (const attestation::EvidenceItem& item : input.evidence) {
    if (item.type == evidence_type::kSevSnp || item.type == evidence_type::kAzureSnpVtpm) {
      add_amd_needs(item, input, needs);
    } else if (item.type == evidence_type::kTdx || item.type == evidence_type::kAzureTdxVtpm) {
      add_intel_needs(item, input, needs);
    } else if (item.type == evidence_type::kNvidiaGpu) {
      add_nvidia_needs(item, input, gpus, needs);
    } else if (item.type == evidence_type::kNvidiaNras) {
      // If a policy trusts another issuer, its keys come from there.
      const std::string& issuer = input.policy.jwt.nras_issuer.value;
      const std::string& base = issuer == attestation::JwtRules().nras_issuer.value ? input.sources.nras : issuer;
      needs.push_back(keys(Need::Kind::kNrasKeys, "NRAS key set", base + "/.well-known/jwks.json"));
    } else if (item.type == evidence_type::kAzureMaa && input.policy.jwt.maa_issuer) {
      needs.push_back(keys(Need::Kind::kMaaKeys, "MAA key set", input.policy.jwt.maa_issuer->value + "/certs"));
    }
  }
  // GPUs of one kind share their reference values.
  std::vector<Need> distinct;
  for (Need& need : needs) {
    const bool known = std::any_of(distinct.begin(), distinct.end(),
                                   [&](const Need& other) { return other.question() == need.question(); });
    if (!known) distinct.push_back(std::move(need));
  }
  return distinct;
}

}  // namespace minions::collateral
