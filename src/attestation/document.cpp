#include "attestation/document.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "attestation/result.h"
#include "base/encoding.h"
#include "base/json.h"

namespace minions::attestation {
namespace {

// A proof that is too long is for the nonce check to name; this only bounds the work.
constexpr std::size_t kItemsLimit = 1024;

Status check_count(const Json& array, std::string_view name) {
  if (array.size() <= kItemsLimit) return {};
  return fail(ErrorCode::kTooLarge, fmt::format("{}: {} entries, at most {}", name, array.size(), kItemsLimit));
}

Result<std::optional<Nonce>> parse_nonce(const Json& object) {
  if (!object.contains("nonce")) return std::optional<Nonce>();
  auto nonce = exactly<32>(base64url_member(object, "nonce"));
  if (!nonce) return fail(std::move(nonce).error().in("nonce"));
  return std::optional<Nonce>(*nonce);
}

Result<ProofStep> parse_step(const Json& object) {
  if (!object.is_object())
    return fail(ErrorCode::kMalformed, fmt::format("want objects, found {}", object.type_name()));
  ProofStep step;
  MINIONS_TRY_ASSIGN(const std::string side, string_member(object, "side"));
  if (side != "left" && side != "right") {
    return fail(ErrorCode::kMalformed, fmt::format("side: want left or right, found {}", shown(side)));
  }
  step.side = side == "left" ? ProofStep::Side::kLeft : ProofStep::Side::kRight;
  MINIONS_TRY_ASSIGN(step.hash, exactly<32>(base64url_member(object, "hash")));
  return step;
}

Result<std::optional<Proof>> parse_proof(const Json& object) {
  if (!object.contains("nonce_proof")) return std::optional<Proof>();
  MINIONS_TRY_ASSIGN(const Json* array, array_member(object, "nonce_proof"));
  MINIONS_TRY(check_count(*array, "nonce_proof"));
  Proof proof;
  for (const Json& entry : *array) {
    auto step = parse_step(entry);
    if (!step) return fail(std::move(step).error().in(fmt::format("nonce_proof[{}]", proof.size())));
    proof.push_back(*step);
  }
  return std::optional<Proof>(std::move(proof));
}

Result<EvidenceItem> parse_item(const Json& object) {
  if (!object.is_object())
    return fail(ErrorCode::kMalformed, fmt::format("want objects, found {}", object.type_name()));
  EvidenceItem item;
  MINIONS_TRY_ASSIGN(item.type, string_member(object, "type"));
  MINIONS_TRY_ASSIGN(const Json* data, object_member(object, "data"));
  for (const auto& [name, value] : data->items()) {
    MINIONS_TRY_ASSIGN(item.data[name], base64url_member(*data, name));
  }
  return item;
}

Result<Evidence> parse_evidence(const Json& object) {
  MINIONS_TRY_ASSIGN(const Json* array, array_member(object, "evidence"));
  MINIONS_TRY(check_count(*array, "evidence"));
  Evidence evidence;
  for (const Json& entry : *array) {
    auto item = parse_item(entry);
    if (!item) return fail(std::move(item).error().in(fmt::format("evidence[{}]", evidence.size())));
    evidence.push_back(*std::move(item));
  }
  return evidence;
}

Result<std::vector<Bytes>> parse_endorsement(const Json& object, const std::string& name) {
  const Json& value = object[name];
  if (!value.is_array()) {
    return base64url_member(object, name).map([](Bytes bytes) { return std::vector<Bytes>{std::move(bytes)}; });
  }
  MINIONS_TRY(check_count(value, "entry"));
  std::vector<Bytes> several;
  for (const Json& entry : value) {
    if (!entry.is_string())
      return fail(ErrorCode::kMalformed, fmt::format("want strings, found {}", entry.type_name()));
    MINIONS_TRY_ASSIGN(Bytes bytes, from_base64url(entry.get_ref<const std::string&>()));
    several.push_back(std::move(bytes));
  }
  return several;
}

Result<Endorsements> parse_endorsements(const Json& object) {
  if (!object.contains("endorsements")) return Endorsements();
  MINIONS_TRY_ASSIGN(const Json* members, object_member(object, "endorsements"));
  Endorsements endorsements;
  for (const auto& [name, value] : members->items()) {
    auto parsed = parse_endorsement(*members, name);
    if (!parsed) return fail(std::move(parsed).error().in("endorsements " + shown(name)));
    endorsements[name] = *std::move(parsed);
  }
  return endorsements;
}

Result<Attestor> parse_attestor(const Json& object) {
  MINIONS_TRY_ASSIGN(const Json* members, object_member(object, "attestor"));
  Attestor attestor;
  MINIONS_TRY_ASSIGN(attestor.public_key_pem, string_member(*members, "public_key_pem"));
  MINIONS_TRY_ASSIGN(attestor.signature, base64url_member(*members, "signature"));
  return attestor;
}

Json to_json(const EvidenceItem& item) {
  Json data = Json::object();
  for (const auto& [name, bytes] : item.data) data[name] = to_base64url(bytes);
  return {{"type", item.type}, {"data", std::move(data)}};
}

Json to_json(const Endorsements& endorsements) {
  Json object = Json::object();
  for (const auto& [name, several] : endorsements) {
    Json list = Json::array();
    for (const Bytes& bytes : several) list.push_back(to_base64url(bytes));
    object[name] = std::move(list);
  }
  return object;
}

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string nonce_members(const Nonce& nonce, const Proof& proof) {
  std::string text = fmt::format(R"(,"nonce":"{}","nonce_proof":[)", to_base64url(nonce));
  for (std::size_t i = 0; i < proof.size(); ++i) {
    const std::string_view side = proof[i].side == ProofStep::Side::kLeft ? "left" : "right";
    text += fmt::format(R"({}{{"side":"{}","hash":"{}"}})", i == 0 ? "" : ",", side, to_base64url(proof[i].hash));
  }
  return text + "]}";
}

}  // namespace

Result<AttestationDocument> AttestationDocument::parse(ByteView json) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(as_text(json), {.bytes = kDocumentLimitBytes}));
  MINIONS_TRY_ASSIGN(const std::uint64_t version, integer_member(object, "smp"));
  if (version != 2) return fail(ErrorCode::kUnsupported, fmt::format("smp: want 2, found {}", version));
  AttestationDocument document;
  if (object.contains("statement")) {
    MINIONS_TRY_ASSIGN(document.statement, base64url_member(object, "statement"));
  }
  MINIONS_TRY_ASSIGN(document.nonce, parse_nonce(object));
  MINIONS_TRY_ASSIGN(document.nonce_proof, parse_proof(object));
  MINIONS_TRY_ASSIGN(document.evidence, parse_evidence(object));
  MINIONS_TRY_ASSIGN(document.endorsements, parse_endorsements(object));
  MINIONS_TRY_ASSIGN(document.attestor, parse_attestor(object));
  return document;
}

Result<AttestationDocument> AttestationDocument::completed_from(const AttestationDocument& full) && {
  if (statement) return std::move(*this);
  if (!full.statement)
    return fail(ErrorCode::kMalformed, "attestation document: short, and nothing to complete it from");
  for (const EvidenceItem& item : evidence) {
    if (is_gpu_type(item.type))
      return fail(ErrorCode::kMalformed, "attestation document: short, but with gpu evidence");
  }
  statement = full.statement;
  endorsements = full.endorsements;
  for (const EvidenceItem& item : full.evidence) {
    if (is_gpu_type(item.type)) evidence.push_back(item);
  }
  return std::move(*this);
}

DocumentWriter::DocumentWriter(const DocumentParts& parts) {
  Json all = Json::array();
  Json per_nonce = Json::array();
  for (const EvidenceItem& item : parts.evidence) {
    all.push_back(to_json(item));
    if (!is_gpu_type(item.type)) per_nonce.push_back(to_json(item));
  }
  const std::string attestor = text_of(
      {{"public_key_pem", parts.attestor.public_key_pem}, {"signature", to_base64url(parts.attestor.signature)}});
  full_ = fmt::format(R"({{"smp":2,"statement":"{}","evidence":{},"endorsements":{},"attestor":{})",
                      to_base64url(parts.statement), text_of(all), text_of(to_json(parts.endorsements)), attestor);
  brief_ = fmt::format(R"({{"smp":2,"evidence":{},"attestor":{})", text_of(per_nonce), attestor);
}

std::string DocumentWriter::full(const Nonce& nonce, const Proof& proof) const {
  return full_ + nonce_members(nonce, proof);
}

std::string DocumentWriter::brief(const Nonce& nonce, const Proof& proof) const {
  return brief_ + nonce_members(nonce, proof);
}

}  // namespace minions::attestation
