// A server's evidence itself, besides its appraisal: for code that writes policies.
#pragma once

#include "client/sealed_client.h"

namespace minions::api {

// Attests once, without a session. Blocks.
[[nodiscard]] Result<std::shared_ptr<const client::Attestation>> fetch_attestation(client::SealedClientOptions options,
                                                                                   std::stop_token stop);

}  // namespace minions::api
