// The fixed list of what a sealed request may ask of the model. Method and path match byte for byte.
#pragma once

#include <string_view>

namespace minions::gateway {

// GET /v1/models and /v1/models/ID; POST /v1/chat/completions, /v1/completions, /v1/embeddings and /v1/responses.
// Whether a backend has them is for it to say. An ID is what the list of models gives: letters, digits, . _ : @ - and
// slashes between its parts; no part may be of dots alone, and nothing is percent-encoded, so that no server makes
// another path of it.
[[nodiscard]] bool is_allowed(std::string_view method, std::string_view path);
// Whether a content type leaves it at UTF-8, in which the data are judged.
[[nodiscard]] bool says_utf8(std::string_view content_type);
// Of those that are allowed: whether it asks a model for something, which the body names.
[[nodiscard]] bool asks_model(std::string_view method);

}  // namespace minions::gateway
