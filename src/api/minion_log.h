// What the log of a run holds, as JSON: {"minion_log":1, task, context, conversation, generated_final_answer, usage,
// timing, session_id, ...}, the prototype's names first. `sealed` has one entry per session in the form of
// client/exchange_log.h, with the API key left out of each request's head.
#pragma once

#include "base/time.h"
#include "minion/result.h"

namespace minions::api {

struct LoggedRun {
  std::string_view task;
  std::span<const documents::Document> documents;
  const minion::MinionResult& result;
  const std::optional<Error>& error;
  std::string_view sealed_lines;  // as ExchangeLog::drain gives them
  std::string server;
  std::string worker_model;
  std::string supervisor_model;
  UnixSeconds time = 0;
};

[[nodiscard]] chat::Text minion_log(const LoggedRun& run);

}  // namespace minions::api
