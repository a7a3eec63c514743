// data: URLs in base64 (RFC 2397), as requests carry pictures.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace minions::openai {

// Whatever media type it names: the content tells that. kMalformed: another URL, another coding, wrong base64. The text
// of an error quotes nothing of the URL.
[[nodiscard]] Result<Bytes> parse_data_url(std::string_view url);

}  // namespace minions::openai
