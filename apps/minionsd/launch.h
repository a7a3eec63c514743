// Starts the chosen inference server, or finds it running.
#pragma once

#include <functional>
#include <memory>

#include "server_flags.h"
#include "upstream/model_server.h"

namespace minions::minionsd {

struct LaunchedServer {
  net::Url url;
  std::shared_ptr<upstream::ModelServer> server;  // null: another party runs it
};

// Waits until it is healthy. Checks stop_asked meanwhile: kCancelled. kUsage: an endpoint that does not answer and
// where none can be started. Otherwise why the server did not start.
[[nodiscard]] Result<LaunchedServer> launch(const ModelServerChoice& choice, const std::function<bool()>& stop_asked);

}  // namespace minions::minionsd
