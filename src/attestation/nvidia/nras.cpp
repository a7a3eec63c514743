#include "attestation/nvidia/nras.h"

#include <set>

#include "attestation/nvidia/gpu.h"
#include "base/encoding.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr std::size_t kMostGpus = 64;

struct DeviceToken {
  std::string name;  // GPU-0
  std::string compact;
  Jwt token;
};

struct NrasResponse {
  Jwt overall;
  std::vector<DeviceToken> devices;  // by name

  [[nodiscard]] static Result<NrasResponse> parse(ByteView response);
};

// The answer is an array; strict parsing accepts only objects.
Result<Json> parse_array(ByteView response) {
  const std::string wrapped = fmt::format(R"({{"response":{}}})", as_text(response));
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(wrapped, {.bytes = 1024 * 1024, .depth = 8}));
  if (object.size() != 1) return fail(ErrorCode::kMalformed, "response: want one array");
  MINIONS_TRY_ASSIGN(const Json* array, array_member(object, "response"));
  return *array;
}

Result<NrasResponse> NrasResponse::parse(ByteView response) {
  MINIONS_TRY_ASSIGN(const Json array, parse_array(response));
  const bool shaped = array.size() == 2 && array[0].is_array() && array[0].size() == 2 && array[0][0] == "JWT" &&
                      array[0][1].is_string() && array[1].is_object();
  if (!shaped) return fail(ErrorCode::kMalformed, "response: want [[\"JWT\", token], {name: token, ...}]");
  if (array[1].empty() || array[1].size() > kMostGpus)
    return fail(ErrorCode::kMalformed, fmt::format("response: {} device tokens", array[1].size()));
  NrasResponse out;
  MINIONS_TRY_ASSIGN(out.overall, Jwt::parse(array[0][1].get<std::string>()));
  for (const auto& [name, compact] : array[1].items()) {
    if (!compact.is_string()) return fail(ErrorCode::kMalformed, fmt::format("{}: no token", shown(name)));
    DeviceToken device{name, compact.get<std::string>(), {}};
    MINIONS_TRY_ASSIGN(device.token, Jwt::parse(device.compact));
    out.devices.push_back(std::move(device));
  }
  return out;
}

std::string text_claim(const Json& claims, std::string_view name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// hwmodel is "GH100", or with the API's version 4 "GH100 A01 GSP BROM".
GpuDescription describe(const Json& claims) {
  std::string model = text_claim(claims, "hwmodel");
  model.resize(std::min(model.size(), model.find(' ')));
  return {std::move(model), text_claim(claims, "x-nvidia-gpu-driver-version"),
          text_claim(claims, "x-nvidia-gpu-vbios-version")};
}

class NrasVerifier {
 public:
  NrasVerifier(const NrasInput& input, CheckList& checks) : input_(input), checks_(checks) {}

  void verify();

 private:
  bool verify_tokens();
  bool verify_token(const Jwt& token, std::string_view name);
  void check_digests();
  void check_gpus();
  void check_nonce();
  void check_devices();
  void check_device(const DeviceToken& device);
  // A claim that a rule requires.
  struct DemandedClaim {
    std::string_view check;
    bool good;
    std::string wanted;
    std::string found;
    const Rule<bool>& require;
  };
  void judge_claim(const DemandedClaim& claim);
  void check_mode(const std::string& device);
  void check_report(const Json& claims, const std::string& device);
  void check_certificates(const Json& claims, const std::string& device);

  const NrasInput& input_;
  CheckList& checks_;
  NrasResponse response_;
};

void NrasVerifier::verify() {
  auto response = NrasResponse::parse(input_.response);
  if (!checks_.expect("parse", response, "an answer of the service")) return;
  response_ = *std::move(response);
  if (!verify_tokens()) return;
  check_digests();
  check_nonce();
  check_gpus();
  const Json& overall = response_.overall.claims;
  checks_.expect("policy.overall", claim_is_bool(overall, "x-nvidia-overall-att-result", true),
                 "x-nvidia-overall-att-result true", shown_claim(overall, "x-nvidia-overall-att-result"));
  check_devices();
}

bool NrasVerifier::verify_tokens() {
  if (!checks_.expect("signature.keys", input_.keys, "the service's key set")) return false;
  if (!verify_token(response_.overall, "platform")) return false;
  for (const DeviceToken& device : response_.devices) {
    if (!verify_token(device.token, device.name)) return false;
  }
  checks_.expect("chain.subject", claim_is_text(response_.overall.claims, "sub", "NVIDIA-PLATFORM-ATTESTATION"),
                 "NVIDIA-PLATFORM-ATTESTATION", shown_claim(response_.overall.claims, "sub"));
  return true;
}

bool NrasVerifier::verify_token(const Jwt& token, std::string_view name) {
  const std::string what = fmt::format("the {} token", name == "platform" ? std::string(name) : shown(name));
  if (!checks_.expect("signature", verify_jwt(token, JwtAlgorithm::kEs384, *input_.keys), what + ", ES384"))
    return false;
  const Rule<std::string>& issuer = input_.jwt_rules.nras_issuer;
  checks_.expect("chain.issuer", claim_is_text(token.claims, "iss", issuer.value),
                 fmt::format("{} from {}", what, issuer.value), shown_claim(token.claims, "iss"), issuer.source);
  checks_.expect("chain.time", check_jwt_times(token.claims, input_.now, input_.leeway_s),
                 fmt::format("{} valid now, within {} s", what, input_.leeway_s));
  return true;
}

void NrasVerifier::check_digests() {
  const auto stated = response_.overall.claims.find("submods");
  const bool is_map = stated != response_.overall.claims.end() && stated->is_object();
  if (!checks_.expect("binding.devices", is_map && stated->size() == response_.devices.size(),
                      fmt::format("digests of {} device tokens", response_.devices.size()),
                      is_map ? fmt::format("{}", stated->size()) : "none")) {
    return;
  }
  for (const DeviceToken& device : response_.devices) {
    const std::string digest = to_hex(crypto::sha256(as_bytes(device.compact)));
    const auto entry = stated->find(device.name);
    const Json wanted = Json::array({"DIGEST", Json::array({"SHA-256", digest})});
    checks_.expect("binding.digest", entry != stated->end() && *entry == wanted,
                   fmt::format("the digest of the token of {}, {}", shown(device.name), digest),
                   entry == stated->end() ? "none"
                   : *entry == wanted     ? "equal"
                                          : "another");
  }
}

// As many tokens as GPUs could still be about other GPUs: what identifies a GPU must be the same in both.
void NrasVerifier::check_gpus() {
  if (!input_.gpus) {
    checks_.waive("binding.gpus", "tokens of the GPUs whose reports stand beside them", "no report stands beside them");
    return;
  }
  std::vector<std::string> wanted = *input_.gpus;
  std::vector<std::string> found;
  for (const DeviceToken& device : response_.devices) found.push_back(text_claim(device.token.claims, "ueid"));
  std::sort(wanted.begin(), wanted.end());
  std::sort(found.begin(), found.end());
  const auto list = [](const std::vector<std::string>& ids) {
    std::string text;
    for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + shown(id);
    return text.empty() ? std::string("none") : text;
  };
  checks_.expect(
      "binding.gpus", wanted == found,
      fmt::format("tokens of the {} GPUs whose reports stand beside them: ueid {}", wanted.size(), list(wanted)),
      list(found));
}

void NrasVerifier::check_nonce() {
  if (!input_.nonce) {
    checks_.waive("binding.nonce", "the nonce that the GPUs were asked with", "no nonce is expected here");
    return;
  }
  const std::string nonce = to_hex(*input_.nonce);
  checks_.expect("binding.nonce", claim_is_text(response_.overall.claims, "eat_nonce", nonce), nonce,
                 shown_claim(response_.overall.claims, "eat_nonce"));
  for (const DeviceToken& device : response_.devices) {
    // A token that reports an error has none; it fails below.
    if (device.token.claims.contains("x-nvidia-error-details")) continue;
    checks_.expect("binding.nonce", claim_is_text(device.token.claims, "eat_nonce", nonce),
                   fmt::format("{} of {}", nonce, shown(device.name)), shown_claim(device.token.claims, "eat_nonce"));
  }
}

void NrasVerifier::check_devices() {
  std::set<std::string> identities;
  for (const DeviceToken& device : response_.devices) {
    check_device(device);
    identities.insert(shown_claim(device.token.claims, "ueid"));
  }
  checks_.expect("binding.distinct", identities.size() == response_.devices.size(),
                 fmt::format("{} different GPUs", response_.devices.size()), fmt::format("{}", identities.size()));
}

void NrasVerifier::check_device(const DeviceToken& device) {
  const Json& claims = device.token.claims;
  const std::string name = shown(device.name);
  const auto error = claims.find("x-nvidia-error-details");
  if (error != claims.end() && !error->is_null()) {
    checks_.expect("policy.measurements", false, name + " measured as its vendor published",
                   fmt::format("error {}", error->is_object() ? shown_claim(*error, "message") : "without a message"));
    return;
  }
  checks_.expect("policy.measurements", claim_is_text(claims, "measres", "success"), name + ": measres success",
                 shown_claim(claims, "measres"));
  check_report(claims, name);
  check_certificates(claims, name);
  judge_claim({"policy.secboot", claim_is_bool(claims, "secboot", true), name + ": secboot true",
               shown_claim(claims, "secboot"), input_.rules.require_secboot});
  judge_claim({"policy.dbgstat", claim_is_text(claims, "dbgstat", "disabled"), name + ": dbgstat disabled",
               shown_claim(claims, "dbgstat"), input_.rules.require_dbgstat_disabled});
  check_gpu_rules(describe(claims), input_.rules, checks_);
  check_mode(name);
  checks_.expect("policy.vendor", claim_is_text(claims, "oemid", "5703"), name + ": oemid 5703, NVIDIA",
                 shown_claim(claims, "oemid"));
}

// Two results must be there, and nothing else that the service examined may be false.
void NrasVerifier::check_report(const Json& claims, const std::string& device) {
  constexpr std::string_view kResults = "x-nvidia-gpu-";
  for (const std::string_view claim :
       {"x-nvidia-gpu-attestation-report-nonce-match", "x-nvidia-gpu-attestation-report-signature-verified"}) {
    checks_.expect("policy.report", claim_is_bool(claims, claim, true), fmt::format("{}: {} true", device, claim),
                   shown_claim(claims, claim));
  }
  std::string failed;
  for (const auto& [claim, value] : claims.items()) {
    const bool is_false = value == false || value == 0 || value == "false" || value == "fail";
    if (claim.starts_with(kResults) && is_false) failed += (failed.empty() ? "" : ", ") + shown(claim);
  }
  checks_.expect("policy.report", failed.empty(), device + ": no result of the service's that is false",
                 failed.empty() ? "none" : failed);
}

// What the service found about the certificates of the GPU and of its reference values: tokens of version 3.0 state it
// for each chain; one of 2.0 only warns if a certificate is on hold. Revoked certificates have their own check, which
// no waiver covers.
void NrasVerifier::check_certificates(const Json& claims, const std::string& device) {
  constexpr std::string_view kChains = "-cert-chain";
  std::string withdrawn, invalid, unknown;
  const auto add = [](std::string& to, const std::string& what) { to += (to.empty() ? "" : ", ") + what; };
  bool any_chain = false;
  for (const auto& [claim, chain] : claims.items()) {
    if (!claim.ends_with(kChains)) continue;
    any_chain = true;
    const Json members = chain.is_object() ? chain : Json::object();
    const auto is = [&](std::string_view member, std::string_view text) {
      return claim_is_text(members, member, text);
    };
    const auto reason = members.find("x-nvidia-cert-revocation-reason");
    const std::string status = shown_claim(members, "x-nvidia-cert-status");
    const std::string ocsp = shown_claim(members, "x-nvidia-cert-ocsp-status");
    if (is("x-nvidia-cert-status", "revoked") || is("x-nvidia-cert-ocsp-status", "revoked") ||
        (reason != members.end() && !reason->is_null() && *reason != ""))
      add(withdrawn, fmt::format("{}: status {}, OCSP {}", shown(claim), status, ocsp));
    const bool is_known = is("x-nvidia-cert-ocsp-status", "good") || is("x-nvidia-cert-ocsp-status", "unknown");
    if (!is("x-nvidia-cert-status", "valid") || !is_known)
      add(invalid, fmt::format("{}: status {}, OCSP {}", shown(claim), status, ocsp));
    if (is("x-nvidia-cert-ocsp-status", "unknown")) add(unknown, fmt::format("{}: {}", shown(claim), ocsp));
  }
  const auto warning = claims.find("x-nvidia-attestation-warning");
  if (warning != claims.end() && !warning->is_null() && *warning != false && *warning != "")
    add(withdrawn, "x-nvidia-attestation-warning " + shown_claim(claims, "x-nvidia-attestation-warning"));
  if (!checks_.expect("policy.ocsp.not_revoked", withdrawn.empty(),
                      device + ": no certificate that the service calls revoked or on hold",
                      withdrawn.empty() ? "none" : withdrawn))
    return;
  if (!any_chain) return;
  checks_.expect("policy.certificates", invalid.empty(), device + ": certificates that the service calls valid",
                 invalid.empty() ? "valid" : invalid);
  const Rule<OcspMode>& rule = input_.rules.ocsp;
  const std::string wanted = device + ": OCSP answers to the service that no certificate is revoked";
  if (unknown.empty() || rule.value == OcspMode::kRequire) {
    checks_.expect("policy.ocsp", unknown.empty(), wanted, unknown.empty() ? "good" : unknown, rule.source);
  } else {
    checks_.waive("policy.ocsp", wanted, fmt::format("not asked for ({}): {}", rule.source, unknown));
  }
}

void NrasVerifier::judge_claim(const DemandedClaim& claim) {
  if (claim.require.value) {
    checks_.expect(claim.check, claim.good, claim.wanted, claim.found, claim.require.source);
  } else {
    checks_.waive(claim.check, claim.wanted, fmt::format("not required ({}): {}", claim.require.source, claim.found));
  }
}

// The report states it and the token does not.
void NrasVerifier::check_mode(const std::string& device) {
  const auto& rule = input_.rules.mode;
  if (!rule) return;
  const std::string wanted = fmt::format("{}: a confidential mode that is wanted", device);
  if (input_.gpus) {
    checks_.waive("policy.mode", wanted, "the reports beside the token are judged for it");
  } else {
    checks_.expect("policy.mode", false, wanted, "a token does not state it, a report does, and none is here",
                   rule->source);
  }
}

}  // namespace

std::string decimal_serial(ByteView serial) {
  std::string digits = "0";  // least significant first
  for (const std::uint8_t byte : serial) {
    unsigned carry = byte;
    for (char& digit : digits) {
      const unsigned value = static_cast<unsigned>(digit - '0') * 256 + carry;
      digit = static_cast<char>('0' + value % 10);
      carry = value / 10;
    }
    for (; carry > 0; carry /= 10) digits += static_cast<char>('0' + carry % 10);
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

void verify_nras(const NrasInput& input, CheckList& checks) { NrasVerifier(input, checks).verify(); }

}  // namespace minions::attestation
