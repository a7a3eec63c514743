#include "evidence_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "attestation/expectation.h"
#include "attestation/hcl_report.h"
#include "attestation/jwt.h"
#include "attestation/maa.h"
#include "attestation/rule_coverage.h"
#include "attestation/spdm_report.h"
#include "attestation/trust_vector.h"
#include "base/encoding.h"
#include "base/json.h"

namespace minions::app {
namespace {

namespace fs = std::filesystem;
using attestation::Check;
using attestation::EvidenceItem;
using attestation::Outcome;
namespace evidence_type = attestation::evidence_type;
namespace evidence_piece = attestation::evidence_piece;
using Indices = std::vector<std::size_t>;

constexpr std::size_t kPieceLimitBytes = 16 * 1024 * 1024;
constexpr std::size_t kFolderLimit = 256;

Result<Bytes> read_whole(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!in || error) return fail(ErrorCode::kUsage, fmt::format("{}: cannot be read", path.string()));
  if (size > kPieceLimitBytes)
    return fail(ErrorCode::kTooLarge, fmt::format("{} bytes, at most {}", size, kPieceLimitBytes));
  Bytes bytes(size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (in.gcount() != static_cast<std::streamsize>(bytes.size()))
    return fail(ErrorCode::kIo, fmt::format("{}: cannot be read whole", path.string()));
  return bytes;
}

// The DER of each block of revocation lists in PEM, and what else is there. Nothing where there is no list, or one that
// cannot be decoded.
std::vector<Bytes> lists_of_pem(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN X509 CRL-----";
  constexpr std::string_view kEnd = "-----END X509 CRL-----";
  std::vector<Bytes> lists;
  std::string rest;
  std::size_t taken = 0;
  for (std::size_t begin = text.find(kBegin); begin != std::string_view::npos; begin = text.find(kBegin, taken)) {
    const std::size_t end = text.find(kEnd, begin);
    if (end == std::string_view::npos) return {};
    rest += text.substr(taken, begin - taken);
    taken = end + kEnd.size();
    std::string encoded(text.substr(begin + kBegin.size(), end - begin - kBegin.size()));
    std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    auto der = from_base64(encoded);
    if (!der) return {};
    lists.push_back(*std::move(der));
  }
  if (lists.empty()) return {};
  rest += text.substr(taken);
  if (rest.find("-----BEGIN ") != std::string::npos) lists.push_back(to_bytes(as_bytes(rest)));
  return lists;
}

bool has_form(Piece piece, const NamedFile& file) {
  if (piece != Piece::kTpmSignature) return has_content(piece, file.bytes);
  // Bytes without a form of their own: the name alone tells.
  const bool known =
      std::any_of(std::begin(kPieces), std::end(kPieces), [&](Piece each) { return has_content(each, file.bytes); });
  return !known && (file.name.ends_with(".sig") || file.name.find("signature") != std::string::npos);
}

std::optional<Piece> piece_of(const NamedFile& file) {
  for (const Piece piece : kPieces) {
    if (has_form(piece, file)) return piece;
  }
  return std::nullopt;
}

bool signed_by_leaf(const attestation::SpdmReport& report, ByteView pem) {
  const auto chain = crypto::Certificate::from_pem(as_text(pem));
  if (!chain || !chain->front().public_key()) return false;
  return chain->front().public_key()->verify_ecdsa(crypto::HashAlgorithm::kSha384, report.signed_bytes,
                                                   report.signature);
}

bool knows_key_of(ByteView key_set, std::string_view token) {
  const auto keys = attestation::JwkSet::parse(as_text(key_set));
  const auto parsed = attestation::Jwt::parse(token);
  return keys && parsed && keys->find(parsed->key_id) != nullptr;
}

// Of the overall token, which stands first.
std::string nras_token(ByteView response) {
  const Json array = parse_json(as_text(response));
  const bool good =
      array.is_array() && !array.empty() && array[0].is_array() && array[0].size() == 2 && array[0][1].is_string();
  return good ? array[0][1].get<std::string>() : std::string();
}

std::string_view trimmed(ByteView bytes) {
  std::string_view text = as_text(bytes);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Bytes copy(ByteView bytes) { return to_bytes(bytes); }

}  // namespace

Result<EvidenceFolder> EvidenceFolder::read(const fs::path& target) {
  std::error_code error;
  EvidenceFolder out;
  const bool is_folder = fs::is_directory(target, error);
  const fs::path absolute = fs::absolute(target, error);
  if (!is_folder) out.named_ = absolute.filename();
  MINIONS_TRY(out.read_files(is_folder ? target : absolute.parent_path()));
  out.sort();
  if (out.evidence_.empty() && out.partial_.empty() && out.malformed_.empty())
    return fail(ErrorCode::kUsage,
                fmt::format("{}: no attestation document, log or evidence that is known", target.string()));
  return out;
}

// A folder's own files, not those below; the file that was named first.
Status EvidenceFolder::read_files(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_regular_file(unknown)) {
      paths.push_back(entry->path());
    } else {
      not_read_.push_back(attestation::shown(entry->path().filename().string()) + ": no file; give a folder by itself");
    }
  }
  if (error) return fail(ErrorCode::kUsage, fmt::format("{}: cannot be read", folder.string()));
  if (paths.size() > kFolderLimit)
    return fail(ErrorCode::kUsage,
                fmt::format("{}: {} files, at most {}", folder.string(), paths.size(), kFolderLimit));
  std::sort(paths.begin(), paths.end());
  std::stable_partition(paths.begin(), paths.end(), [&](const fs::path& path) { return path.filename() == named_; });
  for (const fs::path& path : paths) {
    auto bytes = read_whole(path);
    if (bytes) {
      take({path.filename(), "", *std::move(bytes)});
    } else if (bytes.error().code == ErrorCode::kTooLarge) {
      not_read_.push_back(attestation::shown(path.filename().string()) + ": " + bytes.error().detail);
    } else {
      return fail(std::move(bytes).error());
    }
  }
  return {};
}

// Lists in PEM become lists in DER, so that both forms are one from here on.
void EvidenceFolder::take(NamedFile file) {
  std::vector<Bytes> lists = lists_of_pem(as_text(file.bytes));
  if (lists.empty()) lists.push_back(std::move(file.bytes));
  for (Bytes& each : lists) {
    unused_.insert(case_.files.size());
    case_.files.push_back({file.name, "", std::move(each)});
  }
}

Indices EvidenceFolder::all(Piece piece) const {
  Indices out;
  for (std::size_t i = 0; i < case_.files.size(); ++i) {
    if (has_form(piece, case_.files[i])) out.push_back(i);
  }
  return out;
}

bool EvidenceFolder::concerns(const Indices& files) const {
  return !named_ ||
         std::any_of(files.begin(), files.end(), [&](std::size_t file) { return case_.files[file].name == *named_; });
}

bool EvidenceFolder::has(std::string_view type) const {
  return std::any_of(evidence_.begin(), evidence_.end(), [&](const EvidenceItem& item) { return item.type == type; });
}

void EvidenceFolder::add_item(EvidenceItem item, const Indices& files) {
  if (!concerns(files)) return;
  for (const std::size_t file : files) use(file);
  evidence_.push_back(std::move(item));
}

void EvidenceFolder::add_partial(std::string_view kind, const Indices& files) {
  if (!concerns(files)) return;
  Partial partial{std::string(kind), case_.pieces};
  for (const std::size_t file : files) {
    use(file);
    if (const auto piece = piece_of(case_.files[file])) partial.pieces[*piece] = file;
  }
  partial_.push_back(std::move(partial));
}

void EvidenceFolder::sort() {
  assign_pieces(case_);
  std::erase_if(case_.pieces, [&](const auto& each) { return !has_form(each.first, case_.files[each.second]); });
  sort_cpu();
  sort_gpus();
  sort_tokens();
  sort_endorsements();
}

void EvidenceFolder::sort_azure(std::size_t hcl) {
  const auto report = attestation::HclReport::parse(bytes(hcl));
  const bool quoted = case_.pieces.contains(Piece::kTdQuote);
  const bool tdx = report ? report->td_report.has_value() : quoted;
  const auto first = [&](Piece piece) { return case_.pieces.at(piece); };
  if (const auto key = all(Piece::kPublicKey); !key.empty()) {
    public_key_ = key.front();
    use(key.front());
  }
  if (tdx && !quoted) return;
  Indices files = {hcl};
  if (tdx) files.push_back(first(Piece::kTdQuote));
  const bool with_vtpm = case_.pieces.contains(Piece::kTpmQuote) && case_.pieces.contains(Piece::kTpmSignature) &&
                         case_.pieces.contains(Piece::kPcrs);
  if (!with_vtpm) return add_partial(tdx ? evidence_piece::kAzureTdxHcl : evidence_piece::kAzureHcl, files);
  for (const Piece piece : {Piece::kTpmQuote, Piece::kTpmSignature, Piece::kPcrs}) files.push_back(first(piece));
  const std::string_view type = tdx ? evidence_type::kAzureTdxVtpm : evidence_type::kAzureSnpVtpm;
  auto pcrs = selected_pcrs(case_);
  if (!pcrs && !concerns(files)) return;
  if (!pcrs) {
    malformed_[fmt::format("evidence.{}.parse.pcrs", type)] = pcrs.error().detail;
    for (const std::size_t file : files) use(file);
    return;
  }
  EvidenceItem item{std::string(type), {}};
  item.data["hcl_report"] = copy(bytes(hcl));
  if (tdx) item.data["td_quote"] = copy(bytes(first(Piece::kTdQuote)));
  item.data["tpm_quote"] = copy(bytes(first(Piece::kTpmQuote)));
  item.data["tpm_signature"] = copy(bytes(first(Piece::kTpmSignature)));
  item.data["pcrs"] = *std::move(pcrs);
  add_item(std::move(item), files);
}

void EvidenceFolder::sort_cpu() {
  if (const auto hcl = all(Piece::kHclReport); !hcl.empty()) sort_azure(hcl.front());
  for (const std::size_t report : all(Piece::kSnpReport))
    add_item({std::string(evidence_type::kSevSnp), {{"report", copy(bytes(report))}}}, {report});
  for (const std::size_t quote : all(Piece::kTdQuote)) {
    if (!unused_.contains(quote)) continue;  // beside an HCL report
    add_item({std::string(evidence_type::kTdx), {{"quote", copy(bytes(quote))}}}, {quote});
  }
  const bool alone = all(Piece::kHclReport).empty();
  const auto& pieces = case_.pieces;
  if (alone && pieces.contains(Piece::kTpmQuote) && pieces.contains(Piece::kTpmSignature) &&
      pieces.contains(Piece::kPcrs) && pieces.contains(Piece::kPublicKey)) {
    add_partial(evidence_piece::kTpmQuote, {pieces.at(Piece::kTpmQuote), pieces.at(Piece::kTpmSignature),
                                            pieces.at(Piece::kPcrs), pieces.at(Piece::kPublicKey)});
  }
  if (const auto certificates = all(Piece::kAkCertificate); !certificates.empty()) {
    add_partial("azure-ak-cert", {pieces.at(Piece::kAkCertificate)});
    for (const std::size_t issuer : certificates) use(issuer);
  }
}

// Each report with the chain whose leaf signed it; where none did, with the first, so that its checks say so.
void EvidenceFolder::sort_gpus() {
  const Indices chains = all(Piece::kGpuChain);
  for (const std::size_t report : all(Piece::kGpuReport)) {
    const auto parsed = attestation::SpdmReport::parse(bytes(report));
    if (chains.empty()) {
      if (!concerns({report})) continue;
      malformed_["evidence.nvidia-gpu.parse.certificates"] =
          "none beside " + attestation::shown(case_.files[report].name);
      use(report);
      continue;
    }
    const auto signer = std::find_if(chains.begin(), chains.end(), [&](std::size_t chain) {
      return parsed && signed_by_leaf(*parsed, bytes(chain));
    });
    const std::size_t chain = signer == chains.end() ? chains.front() : *signer;
    add_item(
        {std::string(evidence_type::kNvidiaGpu), {{"report", copy(bytes(report))}, {"cert_chain", copy(bytes(chain))}}},
        {report, chain});
  }
  if (has(evidence_type::kNvidiaGpu)) return;
  for (const std::size_t rim : all(Piece::kRim)) add_partial("nvidia-rim", {rim});
}

void EvidenceFolder::sort_tokens() {
  const Indices sets = all(Piece::kKeySet);
  const auto choose = [&](const std::string& service, std::string_view token) {
    if (sets.empty()) return;
    const auto knows =
        std::find_if(sets.begin(), sets.end(), [&](std::size_t set) { return knows_key_of(bytes(set), token); });
    const std::size_t set = knows == sets.end() ? sets.front() : *knows;
    key_set_files_[service] = set;
  };
  for (const std::size_t response : all(Piece::kNrasResponse)) {
    add_item({std::string(evidence_type::kNvidiaNras), {{"response", copy(bytes(response))}}}, {response});
    choose("nras", nras_token(bytes(response)));
  }
  for (const std::size_t token : all(Piece::kToken)) {
    const std::string_view text = trimmed(bytes(token));
    add_item({std::string(evidence_type::kAzureMaa), {{"token", copy(as_bytes(text))}}}, {token});
    choose("maa", text);
  }
}

void EvidenceFolder::endorse(std::string_view name, const Indices& files) {
  for (const std::size_t file : files) {
    auto& entries = endorsements_[std::string(name)];
    const auto padded = crypto::Certificate::from_padded_der(bytes(file));
    entries.push_back(padded ? padded->der() : copy(bytes(file)));
    use(file);
  }
}

void EvidenceFolder::sort_endorsements() {
  const auto judges = [&](std::initializer_list<std::string_view> kinds) {
    return std::any_of(kinds.begin(), kinds.end(), [&](std::string_view kind) {
      return has(kind) || std::any_of(partial_.begin(), partial_.end(),
                                      [&](const Partial& partial) { return partial.kind == kind; });
    });
  };
  if (judges({evidence_type::kSevSnp, evidence_type::kAzureSnpVtpm, "azure-hcl"})) {
    endorse(attestation::endorsement::kCertificates, all(Piece::kAmdCertificate));
    endorse(attestation::endorsement::kRevocationLists, all(Piece::kAmdList));
  }
  if (judges({evidence_type::kTdx, evidence_type::kAzureTdxVtpm, "azure-tdx-hcl+quote"})) {
    endorse("tcb_info", all(Piece::kTcbInfo));
    endorse("qe_identity", all(Piece::kQeIdentity));
    endorse("pck_crl", all(Piece::kPckCrl));
    endorse("root_ca_crl", all(Piece::kRootCrl));
    // Nothing in a chain says of which of the two it is.
    endorse("tcb_info_issuer_chain", all(Piece::kTcbInfoChain));
    endorse("qe_identity_issuer_chain", all(Piece::kQeIdentityChain));
  }
  if (has(evidence_type::kNvidiaGpu)) {
    endorse(attestation::endorsement::kRims, all(Piece::kRim));
    endorse(attestation::endorsement::kOcsp, all(Piece::kOcspAnswer));
  }
  const bool cpu = has(evidence_type::kSevSnp) || has(evidence_type::kTdx);
  if (!cpu) return;
  for (const Piece piece : {Piece::kCommitment, Piece::kGpuCommitment}) {
    const bool committed =
        case_.pieces.contains(Piece::kCommitment) && (piece == Piece::kCommitment || has(evidence_type::kNvidiaGpu));
    if (committed && case_.pieces.contains(piece)) use(case_.pieces.at(piece));
  }
}

void EvidenceFolder::note_key_sets(const std::set<std::string>& services) {
  for (const std::string& service : services) {
    const auto found = key_set_files_.find(service);
    if (found == key_set_files_.end()) continue;
    use(found->second);
    replaced_[found->second] = fmt::format("--jwks {} stands in its place", service);
  }
}

// ---- judging ----

attestation::EvidenceBinding EvidenceFolder::binding() const {
  attestation::EvidenceBinding out;
  // What a report commits to counts only with that report.
  if (!has(evidence_type::kSevSnp) && !has(evidence_type::kTdx)) return out;
  const auto commitment = commitment_of(case_);
  if (!commitment) return out;
  out.cpu_report_data = commitment->report_data;
  out.gpu_nonce = commitment->nonce;
  return out;
}

void EvidenceFolder::judge_partial(const Question& question, std::vector<Check>& checks) const {
  const attestation::PolicyRules& rules = question.choices.policy.rules();
  for (const Partial& partial : partial_) {
    EvidenceCase part = case_;
    part.kind = partial.kind;
    part.pieces = partial.pieces;
    part.rules = rules;
    part.anchors = attestation::anchors_of(rules.roots);
    part.validation_time = question.now;
    auto judged = app::judge(part);
    if (judged) {
      attestation::cite_roots(rules.roots, *judged);
      std::move(judged->begin(), judged->end(), std::back_inserter(checks));
    } else {
      checks.push_back({fmt::format("evidence.{}.parse", partial.kind), Outcome::kFail, "files that can be read",
                        judged.error().detail, "built-in"});
    }
  }
}

Check EvidenceFolder::judge_public_key() const {
  const attestation::Expectation want{"evidence.azure-vtpm.binding.public_key",
                                      "the attestation key of the HCL report"};
  const auto report = attestation::HclReport::parse(bytes(case_.pieces.at(Piece::kHclReport)));
  const auto key = key_from_pem(as_text(bytes(*public_key_)));
  if (!report) return want.failed(report.error().detail);
  if (!key) return want.failed(key.error().detail);
  const bool same = report->runtime.attestation_key.spki_sha256() == key->spki_sha256();
  return same ? want.pass("the public key beside it") : want.failed("another public key beside it");
}

// What only lies beside evidence, and must agree with it.
void EvidenceFolder::judge_companions(std::vector<Check>& checks) const {
  if (const auto commitment = commitment_of(case_); !commitment)
    checks.push_back(
        {"evidence.commitment", Outcome::kFail, "what report data commits to", commitment.error().detail, "built-in"});
  for (const EvidenceItem& item : evidence_) {
    attestation::CheckList list(item.type);
    if (item.type == evidence_type::kNvidiaGpu) {
      const Status done = check_gpu_commitment(case_, item.data.at("report"), list);
      if (!done) list.expect("binding.gpu_evidence", false, "GPU evidence that is committed to", done.error().detail);
    }
    for (Check& check : std::move(list).take()) checks.push_back(std::move(check));
  }
  if (public_key_) checks.push_back(judge_public_key());
  for (const auto& [id, found] : malformed_)
    checks.push_back({id, Outcome::kFail, "a piece that can be read", found, "built-in"});
}

// What lies beside one file is there to be chosen from. What is of no known form may be a piece that is cut, and is
// said.
void EvidenceFolder::name_unknown(std::vector<Check>& checks) const {
  constexpr std::size_t kNamed = 5;
  std::vector<std::string> unknown = not_read_;
  for (const std::size_t file : unused_) {
    if (!piece_of(case_.files[file])) unknown.push_back(attestation::shown(case_.files[file].name));
  }
  if (unknown.empty()) return;
  const std::size_t more = unknown.size() - std::min(kNamed, unknown.size());
  unknown.resize(unknown.size() - more);
  const attestation::Expectation want{"files.unused", "every file beside it known"};
  checks.push_back(want.waived(fmt::format("nothing that is known: {}{}", fmt::join(unknown, ", "),
                                           more == 0 ? "" : fmt::format(" and {} more", more))));
}

void EvidenceFolder::name_unused(std::vector<Check>& checks) const {
  const attestation::Expectation want{"files.unused", "every file used"};
  for (const auto& [file, why] : replaced_)
    checks.push_back(want.waived(fmt::format("{}: {}", attestation::shown(case_.files[file].name), why)));
  if (named_) return name_unknown(checks);
  for (const std::size_t file : unused_) {
    const auto piece = piece_of(case_.files[file]);
    const bool keys = piece == Piece::kKeySet;
    const std::string what = keys    ? "a key set, which says nothing of whose it is: give the service's by --jwks"
                             : piece ? fmt::format("{}, but nothing here is judged with it", name_of(*piece))
                                     : "nothing that is known";
    checks.push_back(want.failed(fmt::format("{}: {}", attestation::shown(case_.files[file].name), what)));
  }
  for (const std::string& each : not_read_) checks.push_back(want.failed(each));
}

// GPUs, tokens and certificates do not say which of several machines they are of.
Check EvidenceFolder::judge_machines() const {
  const attestation::Expectation want{"files.machines", "one machine, where other evidence lies beside"};
  std::set<std::string> beside;
  std::size_t machines = 0;
  std::string half;
  for (const EvidenceItem& item : evidence_) {
    if (attestation::is_machine(item.type)) ++machines;
    if (!attestation::is_machine(item.type)) beside.insert(item.type);
  }
  for (const Partial& partial : partial_) {
    if (attestation::is_machine(partial.kind)) ++machines;
    const bool is_half = attestation::is_machine(partial.kind) || partial.kind == evidence_piece::kTpmQuote;
    if (is_half) half = partial.kind;
    if (!is_half) beside.insert(partial.kind);
  }
  const bool bare = has(evidence_type::kSevSnp) || has(evidence_type::kTdx);
  if (bare && beside.contains("azure-ak-cert"))
    return want.failed("a certificate of a vTPM's key, and a machine that has no vTPM");
  // A certificate of its key is compared; tokens and GPUs are with whole machines.
  if (!half.empty()) beside.erase("azure-ak-cert");
  if (!half.empty() && !beside.empty())
    return want.failed(fmt::format("{}, half a machine, and {}: verify each by itself", half, fmt::join(beside, ", ")));
  if (machines <= 1 || beside.empty()) return want.pass("one");
  return want.failed(
      fmt::format("{} machines, and {}: verify each machine with its own", machines, fmt::join(beside, ", ")));
}

// What is judged of one machine is not judged of another: each stands for itself.
std::vector<Check> EvidenceFolder::account(const attestation::PolicyRules& rules) const {
  std::vector<std::string_view> machines;
  attestation::KindsAtHand beside;
  const auto add = [&](std::string_view kind) {
    const bool is_machine = attestation::is_machine(kind);
    if (is_machine) machines.push_back(kind);
    if (!is_machine) beside.insert(kind);
  };
  for (const EvidenceItem& item : evidence_) {
    add(item.type);
    if (item.type != evidence_type::kAzureMaa) continue;
    const auto token = item.part("token");
    const auto platform = token ? attestation::stated_platform(as_text(*token)) : std::nullopt;
    if (platform)
      add(*platform == attestation::MaaPlatform::kTdx ? evidence_piece::kMaaOfTdx : evidence_piece::kMaaOfSnp);
  }
  for (const Partial& partial : partial_) add(partial.kind);
  std::vector<attestation::KindsAtHand> each(std::max<std::size_t>(1, machines.size()), beside);
  for (std::size_t i = 0; i < machines.size(); ++i) each[i].insert(machines[i]);
  return attestation::account_for_rules(rules, each);
}

std::vector<Check> EvidenceFolder::judge(const Question& question) const {
  std::vector<Check> checks =
      attestation::judge_bare_evidence({evidence_, question.endorsements, binding()}, question.choices, question.now);
  judge_companions(checks);
  judge_partial(question, checks);
  for (Check& check : account(question.choices.policy.rules())) checks.push_back(std::move(check));
  const bool half_a_machine = std::any_of(partial_.begin(), partial_.end(),
                                          [](const Partial& each) { return attestation::is_machine(each.kind); });
  const bool has_machine = std::any_of(evidence_.begin(), evidence_.end(),
                                       [](const EvidenceItem& item) { return attestation::is_machine(item.type); });
  if (half_a_machine && has_machine) {  // alone they were judged so already
    for (Check& check : attestation::judge_no_machine(question.choices.policy.rules()))
      checks.push_back(std::move(check));
  }
  if (Check check = judge_machines(); check.outcome == Outcome::kFail) checks.push_back(std::move(check));
  name_unused(checks);
  return checks;
}

// Of several machines the lowest class, and whoever could read on any of them.
attestation::Verdict EvidenceFolder::verdict(const attestation::PolicyRules& policy,
                                             std::span<const attestation::Check> checks) const {
  std::vector<attestation::Verdict> verdicts;
  for (const attestation::EvidenceItem& item : evidence_) {
    if (!attestation::is_machine(item.type)) continue;
    const attestation::Evidence machine = {item};
    verdicts.push_back(
        attestation::judge_verdict({.evidence = machine, .policy = policy, .checks = checks, .of_files = true}));
  }
  return attestation::lowest_of(std::move(verdicts));
}

attestation::TrustVector EvidenceFolder::trust_vector(const attestation::PolicyRules& policy,
                                                      std::span<const attestation::Check> checks,
                                                      const std::vector<attestation::Gap>& missing) const {
  std::optional<attestation::TrustVector> worst;
  for (const EvidenceItem& item : evidence_) {
    if (!attestation::is_machine(item.type)) continue;
    const attestation::Evidence machine = {item};
    const auto vector =
        attestation::trust_vector({.evidence = machine, .policy = policy, .checks = checks, .missing = &missing});
    worst = worst ? attestation::worse_of(*worst, vector) : vector;
  }
  return worst.value_or(attestation::trust_vector({.evidence = evidence_, .policy = policy, .checks = checks}));
}

}  // namespace minions::app
