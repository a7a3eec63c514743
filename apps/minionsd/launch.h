// Brings the chosen inference server up, or finds it up already.
#pragma once

#include <functional>
#include <memory>

#include "server_flags.h"
#include "upstream/model_server.h"

namespace minions::minionsd {

struct LaunchedServer {
  net::Url url;
  std::shared_ptr<upstream::ModelServer> server;  // null: somebody else runs it
};

// Waits until it is healthy. stop_asked is looked at meanwhile: kCancelled. kUsage: an endpoint that does not answer
// and where none can be started. Else why the server did not come up.
[[nodiscard]] Result<LaunchedServer> launch(const ModelServerChoice& choice, const std::function<bool()>& stop_asked);

}  // namespace minions::minionsd
