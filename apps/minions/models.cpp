#include "models.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "interrupt.h"
#include "report.h"
#include "terminal.h"
#include "verdict_lines.h"

namespace minions::app {
namespace {

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json entry_json(const Model& model) {
  return {{"id", model.id},
          {"engine", or_null(model.engine)},
          {"where", or_null(model.where)},
          {"weights_sha256", or_null(model.weights_sha256)},
          {"projector_sha256", or_null(model.projector_sha256)},
          {"prompt_cache", or_null(model.prompt_cache)},
          {"context_tokens", model.context_tokens == 0 ? Json(nullptr) : Json(model.context_tokens)}};
}

std::string shown_digest(const std::string& hex) { return hex.empty() ? "-" : "sha256:" + hex; }

// The last fields appear only if they have content: most models have no projector, and none should share.
std::string facts_of(const Model& model) {
  std::string facts =
      fmt::format("{}\t{}\t{}", line_for_terminal(model.engine), model.where, shown_digest(model.weights_sha256));
  if (!model.projector_sha256.empty()) facts += '\t' + shown_digest(model.projector_sha256);
  if (model.prompt_cache == "shared") facts += "\tprompt cache shared by all users";
  return facts;
}

Status print(const std::vector<Model>& models, const Client& client, OutputFormat format) {
  Json entries = Json::array();
  for (const Model& model : models) {
    if (format == OutputFormat::kText) {
      print_out("{}\t{}{}\n", line_for_terminal(model.id), model.is_stated ? facts_of(model) : "not in the statement",
                model.context_tokens == 0 ? "" : fmt::format("\treads {} tokens", model.context_tokens));
    } else {
      entries.push_back(entry_json(model));
    }
  }
  if (format != OutputFormat::kText)
    return print_line({{"models", std::move(entries)}, {"attestation", attestation_json(client.last_attestation())}});
  return flush_out();
}

}  // namespace

ExitCode models(const ModelsFlags& flags) {
  AttestationNotes notes;
  auto client = Client::open(notes.watch(flags.server));
  if (!client) return report(client.error());
  Interrupt interrupt;
  const auto models = client->models(interrupt.begin());
  interrupt.end();
  const Status printed = models ? print(*models, *client, flags.format) : Status(fail(models.error()));
  ExitCode code = ExitCode::kOk;
  if (!printed) {
    if (flags.format == OutputFormat::kJson)
      (void)print_line({{"models", Json::array()},
                        {"attestation", attestation_json(client->last_attestation())},
                        {"error", error_json(printed.error())}});
    code = report(printed.error());
  }
  const Status closed = client->close();
  if (!closed && code == ExitCode::kOk) code = report(closed.error());
  return code;
}

}  // namespace minions::app
