#include "verify.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "attest.h"
#include "base/utc.h"
#include "client/log_check.h"
#include "collateral.h"
#include "connection.h"
#include "evidence_case.h"
#include "minion_log.h"
#include "replay.h"
#include "report.h"
#include "terminal.h"

namespace minions::app {
namespace {

namespace fs = std::filesystem;
using attestation::AppraisalPolicy;
using attestation::Check;
using attestation::Outcome;

constexpr std::size_t kFileLimitBytes = std::size_t{1} << 30;
constexpr std::size_t kPieceLimitBytes = 16 * 1024 * 1024;
constexpr std::size_t kFolderLimit = 256;

Result<Bytes> read_whole(const fs::path& path, std::size_t limit) {
  std::ifstream in(path, std::ios::binary);
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (!in || error) return fail(ErrorCode::kUsage, fmt::format("{}: cannot be read", path.string()));
  if (size > limit) return fail(ErrorCode::kUsage, fmt::format("{}: {} bytes, at most {}", path.string(), size, limit));
  Bytes bytes(size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (in.gcount() != static_cast<std::streamsize>(bytes.size()))
    return fail(ErrorCode::kIo, fmt::format("{}: cannot be read whole", path.string()));
  return bytes;
}

UnixSeconds system_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Everything but what is judged.
struct Question {
  const AppraisalPolicy& policy;
  std::optional<UnixSeconds> as_of;
  OutputFormat format;
  const attestation::TokenKeys& keys;

  [[nodiscard]] UnixSeconds now() const { return as_of.value_or(system_time()); }
};

ExitCode refused_by(const Check* failure) {
  return report({ErrorCode::kRefused, "attestation: " + (failure == nullptr ? "refused" : failure->to_text())});
}

ExitCode show(const attestation::AttestationResult& result, const Question& question) {
  if (question.format == OutputFormat::kText) {
    print_out("{}", result.to_text());
  } else if (const Status printed = print_line(result.to_json()); !printed) {
    return report(printed.error());
  }
  return result.accepted() ? ExitCode::kOk : refused_by(result.first_failure());
}

ExitCode verify_document(ByteView bytes, const Question& question) {
  const auto document = attestation::AttestationDocument::parse(bytes);
  // The file does not tell who asked: the nonce is its own word, and proves only that all belongs together.
  return show(attestation::appraise({.document = document,
                                     .nonce = document ? document->nonce : std::nullopt,
                                     .policy = question.policy,
                                     .now = question.now(),
                                     .keys = &question.keys}),
              question);
}

// ---- logs ----

Json to_json(const client::LoggedSessionVerdict& session) {
  Json exchanges = Json::array();
  for (const auto& exchange : session.exchanges) {
    exchanges.push_back({{"n", exchange.n},
                         {"state", client::name_of(exchange.state)},
                         {"time", exchange.time ? Json(*exchange.time) : Json()},
                         {"text", exchange.text}});
  }
  return {{"server", session.server},
          {"session", session.session},
          {"judged_at", session.judged_at},
          {"attestation", session.appraisal ? session.appraisal->to_json() : Json()},
          {"exchanges", std::move(exchanges)}};
}

void print_session(const client::LoggedSessionVerdict& session) {
  print_out("session {} with {}\n", session.session.empty() ? "none" : attestation::shown(session.session),
            attestation::shown(session.server));
  if (!session.appraisal) print_out("  no document: the session failed before one came\n");
  if (session.appraisal) {
    const Check* const failure = session.appraisal->first_failure();
    print_out("  document at {}: {}{}{}\n", to_iso8601(session.judged_at),
              session.appraisal->accepted() ? "accepted" : "refused",
              session.appraisal->simulated ? ", SIMULATED, NOT CONFIDENTIAL" : "",
              failure == nullptr ? "" : ": " + failure->to_text());
  }
  for (const auto& exchange : session.exchanges) {
    print_out("  exchange {}: {}: {}{}\n", exchange.n, client::name_of(exchange.state), exchange.text,
              exchange.time ? ", signed at " + to_iso8601(*exchange.time) : "");
  }
}

// What a log's lines came to.
struct LogTally {
  std::size_t lines = 0;
  std::size_t altered = 0;
  std::size_t refused = 0;

  [[nodiscard]] ExitCode end() const {
    if (altered > 0) return report({ErrorCode::kTampered, fmt::format("log: {} of {} lines altered", altered, lines)});
    if (refused > 0)
      return report(
          {ErrorCode::kRefused, fmt::format("log: {} of {} lines with a document that is refused", refused, lines)});
    if (lines == 0) return report({ErrorCode::kTampered, "log: no line"});
    return ExitCode::kOk;
  }
};

void verify_line(std::string_view line, const Question& question, LogTally& tally) {
  const bool as_text = question.format == OutputFormat::kText;
  const auto session = client::check_logged_session({line, question.policy, question.as_of, &question.keys});
  ++tally.lines;
  if (!session) {
    ++tally.altered;
    if (as_text) {
      print_out("line {}: altered: {}\n", tally.lines, session.error().detail);
    } else {
      (void)print_line({{"line", tally.lines}, {"error", session.error().detail}});
    }
    return;
  }
  if (session->any_altered()) ++tally.altered;
  if (session->appraisal && !session->appraisal->accepted()) ++tally.refused;
  if (as_text) {
    print_session(*session);
  } else {
    (void)print_line(to_json(*session));
  }
}

ExitCode verify_log(std::string_view text, const Question& question) {
  LogTally tally;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (!line.empty()) verify_line(line, question, tally);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return tally.end();
}

// ---- evidence by itself ----

// What the pieces at hand can be judged as; a kind covers those under it in the same group.
struct KindOfPieces {
  std::string_view kind;
  int group;
  std::initializer_list<Piece> needs;
};
const KindOfPieces kKinds[] = {
    {"azure-tdx-vtpm", 0, {Piece::kHclReport, Piece::kTdQuote, Piece::kTpmQuote, Piece::kTpmSignature, Piece::kPcrs}},
    {"azure-tdx-hcl+quote", 0, {Piece::kHclReport, Piece::kTdQuote}},
    {"azure-snp-vtpm", 0, {Piece::kHclReport, Piece::kTpmQuote, Piece::kTpmSignature, Piece::kPcrs}},
    {"azure-hcl", 0, {Piece::kHclReport}},
    {"sev-snp", 0, {Piece::kSnpReport}},
    {"tdx-quote", 0, {Piece::kTdQuote}},
    {"tpm2-quote", 0, {Piece::kTpmQuote, Piece::kTpmSignature, Piece::kPublicKey, Piece::kPcrs}},
    {"azure-ak-cert", 0, {Piece::kAkCertificate}},
    {"nvidia-gpu-spdm", 1, {Piece::kGpuReport, Piece::kGpuChain}},
    {"nvidia-rim", 1, {Piece::kRim}},
    {"nvidia-nras-eat", 2, {Piece::kNrasResponse, Piece::kKeySet}},
    {"azure-maa-jwt", 3, {Piece::kToken, Piece::kKeySet}},
};

std::vector<std::string_view> kinds_of(const EvidenceCase& evidence) {
  std::vector<std::string_view> kinds;
  int last = -1;
  for (const KindOfPieces& kind : kKinds) {
    const bool complete =
        std::all_of(kind.needs.begin(), kind.needs.end(), [&](Piece piece) { return evidence.pieces.contains(piece); });
    if (!complete || kind.group == last) continue;
    last = kind.group;
    kinds.push_back(kind.kind);
  }
  return kinds;
}

// A folder's own files, not those below; the file that was named first.
Result<std::vector<NamedFile>> read_folder(const fs::path& folder, const fs::path& first) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_regular_file(unknown)) paths.push_back(entry->path());
  }
  if (error) return fail(ErrorCode::kUsage, fmt::format("{}: cannot be read", folder.string()));
  if (paths.size() > kFolderLimit)
    return fail(ErrorCode::kUsage,
                fmt::format("{}: {} files, at most {}", folder.string(), paths.size(), kFolderLimit));
  std::sort(paths.begin(), paths.end());
  std::stable_partition(paths.begin(), paths.end(), [&](const fs::path& path) { return path == first; });
  std::vector<NamedFile> files;
  for (const fs::path& path : paths) {
    if (fs::file_size(path, error) > kPieceLimitBytes || error) continue;
    MINIONS_TRY_ASSIGN(Bytes bytes, read_whole(path, kPieceLimitBytes));
    files.push_back({path.filename(), "", std::move(bytes)});
  }
  return files;
}

// Pieces by their content alone: names of files that someone else chose mean nothing here, but for signatures and
// values that have no form of their own.
void assign_by_content(EvidenceCase& evidence) {
  assign_pieces(evidence);
  std::erase_if(evidence.pieces, [&](const auto& each) {
    const bool formless = each.first == Piece::kTpmSignature;
    return !formless && !has_content(each.first, evidence.files[each.second].bytes);
  });
}

// Where a file was named, only what is made with it.
bool concerns(const EvidenceCase& evidence, std::string_view kind, const fs::path& named) {
  if (named.empty()) return true;
  const auto row =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& each) { return each.kind == kind; });
  return std::any_of(row->needs.begin(), row->needs.end(), [&](Piece piece) {
    const auto found = evidence.pieces.find(piece);
    return found != evidence.pieces.end() && evidence.files[found->second].name == named.filename();
  });
}

Result<std::vector<Check>> judge_pieces(EvidenceCase evidence, const fs::path& named, const fs::path& target) {
  std::vector<Check> checks;
  for (const std::string_view kind : kinds_of(evidence)) {
    if (!concerns(evidence, kind, named)) continue;
    evidence.kind = kind;
    MINIONS_TRY_ASSIGN(std::vector<Check> judged, judge(evidence));
    checks.insert(checks.end(), judged.begin(), judged.end());
  }
  if (!checks.empty()) return checks;
  return fail(ErrorCode::kUsage,
              fmt::format("{}: no attestation document, log or evidence that is known", target.string()));
}

ExitCode verify_pieces(const fs::path& target, const Question& question) {
  std::error_code error;
  const bool is_folder = fs::is_directory(target, error);
  const fs::path named = is_folder ? fs::path() : fs::absolute(target, error);
  EvidenceCase evidence;
  auto files = read_folder(is_folder ? target : named.parent_path(), named);
  if (!files) return report(files.error());
  evidence.files = *std::move(files);
  evidence.rules = question.policy.rules();
  evidence.validation_time = question.now();
  assign_by_content(evidence);
  auto checks = judge_pieces(std::move(evidence), named, target);
  if (!checks) return report(checks.error());
  attestation::AttestationResult result;
  result.checks = *std::move(checks);
  const Check* const failure = result.first_failure();
  if (question.format == OutputFormat::kText) {
    print_out("{}\n", failure == nullptr ? "good evidence, bound to nothing: no statement" : "refused");
    for (const Check& check : result.checks)
      print_out("  {:<6}  {}\n", attestation::name_of(check.outcome), check.to_text());
  } else {
    Json json = result.to_json();
    json["verdict"] = failure == nullptr ? "good" : "refused";
    if (const Status printed = print_line(json); !printed) return report(printed.error());
  }
  return failure == nullptr ? ExitCode::kOk : refused_by(failure);
}

ExitCode verify_file(const fs::path& target, const Question& question) {
  std::error_code error;
  if (!fs::exists(target, error))
    return report({ErrorCode::kUsage, fmt::format("{}: there is no such file", target.string())});
  if (fs::is_directory(target, error)) return verify_pieces(target, question);
  const auto bytes = read_whole(target, kFileLimitBytes);
  if (!bytes) return report(bytes.error());
  const std::string_view text = as_text(*bytes);
  if (client::looks_like_log(text)) return verify_log(text, question);
  const bool is_document = text.starts_with('{') && text.find("\"smp\"") != std::string_view::npos &&
                           text.find("\"evidence\"") != std::string_view::npos;
  return is_document ? verify_document(*bytes, question) : verify_pieces(target, question);
}

bool is_address(const std::string& target) { return target.starts_with("https://") || target.starts_with("http://"); }

Result<std::optional<UnixSeconds>> read_as_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto time = parse_utc(text);
  if (!time)
    return fail(ErrorCode::kUsage, fmt::format("--as-of: want a time like 2026-09-21T14:13:20Z, found {}", text));
  return time;
}

}  // namespace

void add_verify(CLI::App& command, VerifyOptions& options) {
  command
      .add_option("target", options.target,
                  "attestation document, log of --log or of a run, evidence, a folder of it, or a server")
      ->type_name("FILE|DIR|URL");
  command.add_option("--manifest", options.manifest, "every case of an evidence manifest, and its mutations")
      ->type_name("FILE")
      ->excludes("target");
  command.add_option("--as-of", options.as_of, "judge as at this time, 2026-09-21T14:13:20Z")->type_name("TIME");
  command.add_option("--policy", options.server.policy_file, "appraisal policy (TOML)")->type_name("FILE");
  command.add_option("--trusted-attestation-pem", options.server.trusted_attestation_pem, "pinned attestation key")
      ->type_name("PEM");
  command
      .add_option("--vm-launch-measurement", options.server.vm_launch_measurement,
                  "expected measurement of the VM, in hex")
      ->type_name("FILE");
  command.add_flag("--allow-simulated", options.server.allow_simulated, "accept simulated evidence: NOT CONFIDENTIAL");
  command
      .add_option("--ca-file", options.server.ca_file, "certificate authorities in place of the system's, for a URL")
      ->type_name("PEM");
  command.add_option("--log-key-file,--log-key", options.log_key_file, "key of an encrypted log of a run")
      ->type_name("FILE");
  command
      .add_option("--api-key-file", options.server.api_key_file,
                  "the key that a run's requests carried; its log leaves it out")
      ->type_name("FILE");
  add_jwks(command, options.server.collateral);
  add_format(command, options.format);
  command.footer("example: minions verify conversation.log --policy production.toml");
}

ExitCode verify(const VerifyOptions& options) {
  if (!options.manifest.empty()) return replay_manifest(options.manifest);
  if (options.target.empty()) return report({ErrorCode::kUsage, "give what to verify, or --manifest FILE"});
  const auto as_of = read_as_of(options.as_of);
  if (!as_of) return report(as_of.error());
  if (is_address(options.target)) {
    if (*as_of) return report({ErrorCode::kUsage, "--as-of: what a server shows now is judged now"});
    AttestOptions attest_options{options.server, options.format};
    attest_options.server.server = options.target;
    return attest(attest_options);
  }
  if (is_minion_log_file(options.target)) {
    if (*as_of) return report({ErrorCode::kUsage, "--as-of: the log of a run is judged as of its own receipts"});
    return verify_minion_log({options.target, options.log_key_file, options.server, options.format});
  }
  const auto policy = read_policy(options.server);
  if (!policy) return report(policy.error());
  const auto keys = read_key_sets(options.server.collateral);
  if (!keys) return report(keys.error());
  return verify_file(options.target, {*policy, *as_of, options.format, *keys});
}

}  // namespace minions::app
