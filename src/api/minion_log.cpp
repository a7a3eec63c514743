#include "api/minion_log.h"

#include <fmt/format.h>

#include "audit/logged_head.h"
#include "base/json.h"
#include "version.h"

namespace minions::api {
namespace {

std::string context_of(std::span<const documents::Document> documents) {
  std::string text;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const chat::Text pages = documents::render(documents[i]);
    if (i > 0) text += "\n\n";
    text.append(fmt::format("### Document {}\n", i + 1)).append(pages.reveal());
  }
  return text;
}

Json documents_json(std::span<const documents::Document> documents) {
  Json list = Json::array();
  for (const documents::Document& document : documents) {
    std::size_t bytes = 0;
    for (const documents::Page& page : document.pages) bytes += page.text.size();
    list.push_back({{"name", document.name},
                    {"kind", documents::name_of(document.kind)},
                    {"pages", document.pages.size()},
                    {"text_bytes", bytes}});
  }
  return list;
}

Json placeholders_json(const minion::Placeholders& placeholders) {
  Json object = Json::object();
  for (const auto& [placeholder, value] : placeholders) object[placeholder] = value.reveal();
  return object;
}

Json sealed_json(std::string_view lines) {
  Json list = Json::array();
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    Json session = parse_json(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (!session.is_object()) continue;
    for (Json& exchange : session["exchanges"])
      exchange["head"] = audit::without_api_key(exchange["head"].get<std::string>());
    list.push_back(std::move(session));
  }
  return list;
}

}  // namespace

chat::Text minion_log(const LoggedRun& run) {
  const minion::MinionResult& result = run.result;
  nlohmann::ordered_json log;
  log["minion_log"] = 1;
  log["task"] = run.task;
  log["context"] = context_of(run.documents);
  log["conversation"] = minion::to_json(result.conversation_log);
  log["generated_final_answer"] = result.final_answer.reveal();
  log["usage"] = {{"remote", minion::usage_json(result.remote_usage)},
                  {"local", minion::usage_json(result.local_usage)}};
  log["timing"] = minion::to_json(result.timing);
  log["session_id"] = result.session_id;
  log["answered"] = result.answered;
  log["outcome"] = minion::name_of(result.outcome);
  log["ending"] = minion::ending_json(result.ending);
  log["error"] = nullptr;
  if (run.error) log["error"] = {{"code", name_of(run.error->code)}, {"message", run.error->detail}};
  log["time"] = to_iso8601(run.time);
  log["program"] = fmt::format("minions {}", kVersion);
  log["server"] = run.server;
  log["supervisor_model"] = run.supervisor_model;
  log["worker_model"] = run.worker_model;
  log["documents"] = documents_json(run.documents);
  log["disclosed"] = minion::to_json(result.disclosed);
  if (!result.placeholders.empty()) log["placeholders"] = placeholders_json(result.placeholders);
  log["citations"] = minion::to_json(result.citations);
  if (result.findings) {
    log["not_in_documents"] = result.findings->not_in_documents;
    log["computed_or_invented"] = result.findings->computed;
    log["unsupported"] = result.findings->is_unsupported;
  }
  log["notes"] = result.notes;
  log["receipts"] = result.receipts;
  log["attestation"] = result.attestation;
  log["sealed"] = sealed_json(run.sealed_lines);
  return chat::Text(log.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace minions::api
