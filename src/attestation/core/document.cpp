#include "attestation/core/document.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "attestation/core/result.h"
#include "base/encoding.h"
#include "base/json.h"

namespace minions::attestation {
namespace {

// The nonce check reports a proof that is too long; this only bounds the work.
constexpr std::size_t kItemsLimit = 1024;
// 64 GPUs and what accompanies them. Each item costs signature checks.
constexpr std::size_t kEvidenceLimit = 72;

// The long texts of a document, nearly all of it, are base64url. A JSON parser reads each of their letters several
// times, so they are taken out first and the rest of the document is parsed. This does not change what is accepted: a
// text that is taken out has no letter with a meaning in JSON, and stays one string.
class LiftedTexts {
 public:
  // kMalformed if a text of the document looks like a placeholder.
  [[nodiscard]] static Result<LiftedTexts> from(std::string_view json);

  [[nodiscard]] const std::string& skeleton() const { return skeleton_; }
  // Like base64url_member of base/json.h, on the skeleton.
  [[nodiscard]] Result<Bytes> base64url(const Json& object, std::string_view name) const;
  [[nodiscard]] Result<Bytes> base64url(const std::string& text) const;
  // From the skeleton, what is not base64url: never a placeholder.
  [[nodiscard]] static Result<std::string> plain(const Json& object, std::string_view name);

 private:
  static constexpr char kPlaceHolder = '@';  // not a letter of base64url
  static constexpr std::string_view kEscapedPlaceHolder = "\\u0040";
  static constexpr std::size_t kLeastBytes = 256;

  std::string skeleton_;
  std::vector<std::string_view> texts_;
};

constexpr std::array<bool, 256> kIsBase64Url = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
    table[static_cast<std::uint8_t>(c)] = true;
  return table;
}();

bool is_base64url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return kIsBase64Url[static_cast<std::uint8_t>(c)]; });
}

// From after the opening quote to the closing one; npos if there is none. Reads each byte once: searching for the next
// quote again after each escape would take quadratic time.
std::size_t end_of_string(std::string_view json, std::size_t at) {
  std::size_t quote = json.find('"', at);
  while (quote != std::string_view::npos) {
    const std::size_t escape = json.substr(0, quote).find('\\', at);
    if (escape == std::string_view::npos) return quote;
    at = escape + 2;
    if (at > quote) quote = json.find('"', at);
  }
  return std::string_view::npos;
}

// A key is not taken out: duplicates must remain visible.
bool is_key(std::string_view json, std::size_t after) {
  const std::size_t next = json.find_first_not_of(" \t\r\n", after);
  return next != std::string_view::npos && json[next] == ':';
}

Result<LiftedTexts> LiftedTexts::from(std::string_view json) {
  LiftedTexts lifted;
  std::size_t done = 0;
  for (std::size_t quote = json.find('"'); quote != std::string_view::npos; quote = json.find('"', quote)) {
    const std::size_t end = end_of_string(json, quote + 1);
    if (end == std::string_view::npos) break;  // the parser reports what is wrong
    const std::string_view text = json.substr(quote + 1, end - quote - 1);
    if (text.starts_with(kPlaceHolder) || text.starts_with(kEscapedPlaceHolder))
      return fail(ErrorCode::kMalformed, "a text that begins with @");
    if (text.size() >= kLeastBytes && is_base64url(text) && !is_key(json, end + 1)) {
      lifted.skeleton_ += json.substr(done, quote + 1 - done);
      lifted.skeleton_ += fmt::format("{}{}", kPlaceHolder, lifted.texts_.size());
      lifted.texts_.push_back(text);
      done = end;
    }
    quote = end + 1;
  }
  lifted.skeleton_ += json.substr(done);
  return lifted;
}

Result<Bytes> LiftedTexts::base64url(const std::string& text) const {
  if (!text.starts_with(kPlaceHolder)) return from_base64url(text);
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size() || index >= texts_.size())
    return fail(ErrorCode::kMalformed, "not base64url");
  return from_base64url(texts_[index]);
}

Result<Bytes> LiftedTexts::base64url(const Json& object, std::string_view name) const {
  MINIONS_TRY_ASSIGN(const std::string text, string_member(object, name));
  return base64url(text).map_error([&](Error error) { return std::move(error).in(name); });
}

Result<std::string> LiftedTexts::plain(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(std::string text, string_member(object, name));
  if (text.starts_with(kPlaceHolder))
    return fail(ErrorCode::kTooLarge, fmt::format("{}: base64url of {} letters or more", name, kLeastBytes));
  return text;
}

Status check_count(const Json& list, std::string_view name, std::size_t limit = kItemsLimit) {
  if (list.size() <= limit) return {};
  return fail(ErrorCode::kTooLarge, fmt::format("{}: {} entries, at most {}", name, list.size(), limit));
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
  MINIONS_TRY_ASSIGN(const std::string side, LiftedTexts::plain(object, "side"));
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

Result<EvidenceItem> parse_item(const Json& object, const LiftedTexts& texts) {
  if (!object.is_object())
    return fail(ErrorCode::kMalformed, fmt::format("want objects, found {}", object.type_name()));
  EvidenceItem item;
  MINIONS_TRY_ASSIGN(item.type, LiftedTexts::plain(object, "type"));
  MINIONS_TRY_ASSIGN(const Json* data, object_member(object, "data"));
  MINIONS_TRY(check_count(*data, "data"));
  for (const auto& [name, value] : data->items()) {
    MINIONS_TRY_ASSIGN(item.data[name], texts.base64url(*data, name));
  }
  return item;
}

Result<Evidence> parse_evidence(const Json& object, const LiftedTexts& texts) {
  MINIONS_TRY_ASSIGN(const Json* array, array_member(object, "evidence"));
  MINIONS_TRY(check_count(*array, "evidence", kEvidenceLimit));
  Evidence evidence;
  for (const Json& entry : *array) {
    auto item = parse_item(entry, texts);
    if (!item) return fail(std::move(item).error().in(fmt::format("evidence[{}]", evidence.size())));
    evidence.push_back(*std::move(item));
  }
  return evidence;
}

Result<std::vector<Bytes>> parse_endorsement(const Json& object, const std::string& name, const LiftedTexts& texts) {
  const Json& value = object[name];
  if (!value.is_array()) {
    return texts.base64url(object, name).map([](Bytes bytes) { return std::vector<Bytes>{std::move(bytes)}; });
  }
  MINIONS_TRY(check_count(value, "entry"));
  std::vector<Bytes> several;
  for (const Json& entry : value) {
    if (!entry.is_string())
      return fail(ErrorCode::kMalformed, fmt::format("want strings, found {}", entry.type_name()));
    MINIONS_TRY_ASSIGN(Bytes bytes, texts.base64url(entry.get_ref<const std::string&>()));
    several.push_back(std::move(bytes));
  }
  return several;
}

Result<Endorsements> parse_endorsements(const Json& object, const LiftedTexts& texts) {
  if (!object.contains("endorsements")) return Endorsements();
  MINIONS_TRY_ASSIGN(const Json* members, object_member(object, "endorsements"));
  MINIONS_TRY(check_count(*members, "endorsements"));
  Endorsements endorsements;
  for (const auto& [name, value] : members->items()) {
    auto parsed = parse_endorsement(*members, name, texts);
    if (!parsed) return fail(std::move(parsed).error().in("endorsements " + shown(name)));
    endorsements[name] = *std::move(parsed);
  }
  return endorsements;
}

Result<OperatorSignature> parse_operator_signature(const Json& object, const LiftedTexts& texts) {
  MINIONS_TRY_ASSIGN(const Json* members, object_member(object, "attestor"));
  OperatorSignature operator_signature;
  MINIONS_TRY_ASSIGN(operator_signature.public_key_pem, LiftedTexts::plain(*members, "public_key_pem"));
  MINIONS_TRY_ASSIGN(operator_signature.signature, texts.base64url(*members, "signature"));
  return operator_signature;
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

constexpr std::string_view kBriefOpening = R"({"smp":2,"evidence":[)";

}  // namespace

std::string DocumentWriter::ending(const Nonce& nonce, const Proof& proof) {
  std::string text = fmt::format(R"(,"nonce":"{}","nonce_proof":[)", to_base64url(nonce));
  for (std::size_t i = 0; i < proof.size(); ++i) {
    const std::string_view side = proof[i].side == ProofStep::Side::kLeft ? "left" : "right";
    text += fmt::format(R"({}{{"side":"{}","hash":"{}"}})", i == 0 ? "" : ",", side, to_base64url(proof[i].hash));
  }
  return text + "]}";
}

Result<AttestationDocument> AttestationDocument::parse(ByteView json) {
  if (json.size() > kDocumentLimitBytes) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("json: {} bytes, at most {} are taken", json.size(), kDocumentLimitBytes));
  }
  MINIONS_TRY_ASSIGN(const LiftedTexts texts, LiftedTexts::from(as_text(json)));
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(texts.skeleton(), {.bytes = kDocumentLimitBytes}));
  MINIONS_TRY_ASSIGN(const std::uint64_t version, integer_member(object, "smp"));
  if (version != 2) return fail(ErrorCode::kUnsupported, fmt::format("smp: want 2, found {}", version));
  AttestationDocument document;
  if (object.contains("statement")) {
    MINIONS_TRY_ASSIGN(document.statement, texts.base64url(object, "statement"));
  }
  MINIONS_TRY_ASSIGN(document.nonce, parse_nonce(object));
  MINIONS_TRY_ASSIGN(document.nonce_proof, parse_proof(object));
  MINIONS_TRY_ASSIGN(document.evidence, parse_evidence(object, texts));
  MINIONS_TRY_ASSIGN(document.endorsements, parse_endorsements(object, texts));
  MINIONS_TRY_ASSIGN(document.operator_signature, parse_operator_signature(object, texts));
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

DocumentFrame::DocumentFrame(ByteView statement, const Evidence& gpus, const Endorsements& endorsements)
    : opening_(fmt::format(R"({{"smp":2,"statement":"{}","endorsements":{},"evidence":[)", to_base64url(statement),
                           text_of(to_json(endorsements)))) {
  for (const EvidenceItem& item : gpus) gpus_ += ',' + text_of(to_json(item));
}

DocumentWriter::DocumentWriter(std::shared_ptr<const DocumentFrame> frame, const Evidence& evidence,
                               const OperatorSignature& operator_signature)
    : frame_(std::move(frame)),
      operator_(R"(],"attestor":)" + text_of({{"public_key_pem", operator_signature.public_key_pem},
                                              {"signature", to_base64url(operator_signature.signature)}})) {
  for (const EvidenceItem& item : evidence) {
    const std::string text = text_of(to_json(item));
    evidence_ += (evidence_.empty() ? "" : ",") + text;
    if (!is_gpu_type(item.type)) brief_evidence_ += (brief_evidence_.empty() ? "" : ",") + text;
  }
}

DocumentWriter::DocumentWriter(const DocumentParts& parts)
    : DocumentWriter(std::make_shared<const DocumentFrame>(parts.statement, Evidence{}, parts.endorsements),
                     parts.evidence, parts.operator_signature) {}

std::array<std::string_view, DocumentWriter::kSharedPieces> DocumentWriter::shared(DocumentForm form) const {
  if (form == DocumentForm::kBrief) return {kBriefOpening, brief_evidence_, "", operator_};
  return {frame_->opening_, evidence_, frame_->gpus_, operator_};
}

std::string DocumentWriter::document(DocumentForm form, std::string_view ending) const {
  std::string text;
  for (const std::string_view piece : shared(form)) text += piece;
  return text.append(ending);
}

}  // namespace minions::attestation
