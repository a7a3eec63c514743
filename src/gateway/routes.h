// The fixed list of what a sealed request may ask the model for. Method and path match byte for byte.
#pragma once

#include <string_view>

namespace minions::gateway {

// GET /v1/models and /v1/models/ID; POST /v1/chat/completions, /v1/completions, /v1/embeddings and /v1/responses. The
// backend decides whether it has them. An ID is as in the list of models: letters, digits, . _ : @ - and slashes
// between its parts. No part may consist of dots alone, and nothing is percent-encoded, so that no server turns it into
// another path.
[[nodiscard]] bool is_allowed(std::string_view method, std::string_view path);
// Whether a content type implies UTF-8, in which the data are judged.
[[nodiscard]] bool says_utf8(std::string_view content_type);
// Of the allowed ones: whether it asks a model for something, which the body names.
[[nodiscard]] bool asks_model(std::string_view method);

}  // namespace minions::gateway
