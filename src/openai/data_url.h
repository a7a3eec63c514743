// data: URLs in base64 (RFC 2397), as requests carry pictures.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::openai {

// Accepts any media type: the content decides. kMalformed: another URL, another coding, invalid base64. The error text
// quotes nothing of the URL.
[[nodiscard]] Result<Bytes> parse_data_url(std::string_view url);

}  // namespace minions::openai
