#include "models.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "connection.h"
#include "report.h"
#include "terminal.h"

namespace minions::app {
namespace {

using attestation::ModelEntry;

// What the attested statement says of the model; null where it does not list it.
const ModelEntry* find_stated(const client::Attestation& attestation, const std::string& id) {
  if (!attestation.result.statement) return nullptr;
  const auto& stated = attestation.result.statement->statement().models;
  const auto found =
      std::find_if(stated.begin(), stated.end(), [&](const ModelEntry& entry) { return entry.id == id; });
  return found == stated.end() ? nullptr : &*found;
}

Json entry_json(const std::string& id, const ModelEntry* stated) {
  Json entry = {{"id", id},
                {"engine", nullptr},
                {"where", nullptr},
                {"weights_sha256", nullptr},
                {"projector_sha256", nullptr},
                {"prompt_cache", nullptr}};
  if (stated == nullptr) return entry;
  entry["engine"] = stated->engine;
  entry["where"] = name_of(stated->where);
  if (stated->weights_sha256) entry["weights_sha256"] = *stated->weights_sha256;
  if (stated->projector_sha256) entry["projector_sha256"] = *stated->projector_sha256;
  if (stated->prompt_cache) entry["prompt_cache"] = name_of(*stated->prompt_cache);
  return entry;
}

std::string shown_digest(const std::optional<std::string>& hex) { return hex ? "sha256:" + *hex : "-"; }

// The last fields are there where there is something to say: most models have no projector, and none should share.
std::string facts_of(const ModelEntry& stated) {
  std::string facts = fmt::format("{}\t{}\t{}", line_for_terminal(stated.engine), name_of(stated.where),
                                  shown_digest(stated.weights_sha256));
  if (stated.projector_sha256) facts += '\t' + shown_digest(stated.projector_sha256);
  if (stated.prompt_cache == ModelEntry::PromptCache::kShared) facts += "\tprompt cache shared by all users";
  return facts;
}

void print_entry(const std::string& id, const ModelEntry* stated) {
  print_out("{}\t{}\n", line_for_terminal(id), stated == nullptr ? "not in the statement" : facts_of(*stated));
}

Status list(Connection& connection, OutputFormat format) {
  MINIONS_TRY_ASSIGN(const std::vector<std::string> ids, connection.model_ids());
  const auto& attestation = connection.client().last_attestation();
  Json entries = Json::array();
  for (const std::string& id : ids) {
    const ModelEntry* stated = find_stated(*attestation, id);
    if (format == OutputFormat::kText) {
      print_entry(id, stated);
    } else {
      entries.push_back(entry_json(id, stated));
    }
  }
  if (format != OutputFormat::kText)
    return print_line({{"models", std::move(entries)}, {"attestation", to_json(attestation)}});
  return std::fflush(stdout) == 0 ? Status() : fail(ErrorCode::kIo, "standard output cannot be written");
}

}  // namespace

ExitCode models(const ModelsOptions& options) {
  auto connection = Connection::create(options.server);
  if (!connection) return report(connection.error());
  ExitCode code = ExitCode::kOk;
  if (const Status listed = list(**connection, options.format); !listed) {
    if (options.format == OutputFormat::kJson)
      (void)print_line({{"models", Json::array()},
                        {"attestation", to_json((*connection)->client().last_attestation())},
                        {"error", error_json(listed.error(), std::nullopt)}});
    code = report(listed.error());
  }
  const Status finished = (*connection)->finish();
  if (!finished && code == ExitCode::kOk) code = report(finished.error());
  return code;
}

}  // namespace minions::app
