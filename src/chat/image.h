// Pictures of a message: their media type, recognised from their bytes, and the form in which requests carry them.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "chat/message.h"

namespace minions::chat {

// Of PNG, JPEG, GIF, WebP and BMP, whatever the file's name. Empty: none of these.
[[nodiscard]] std::string_view image_media_type(ByteView bytes);

// kUnsupported: none of these.
[[nodiscard]] Result<Image> make_image(ByteView bytes);

// data:TYPE;base64,... appended (RFC 2397).
void append_data_url(std::string& to, const Image& image);

}  // namespace minions::chat
