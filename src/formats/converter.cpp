#include "formats/converter.h"

#include <array>
#include <cerrno>

namespace minions::formats {
namespace {

constexpr std::size_t kBlockBytes = 16 * 1024;

}  // namespace

Converter::Converter(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    handle_ = iconv_open("UTF-8", std::string(name).c_str());
    if (is_open()) return;
  }
}

Converter::~Converter() {
  if (is_open()) iconv_close(handle_);
}

Converter::Taken Converter::append(std::string& to, std::string_view bytes) {
  // iconv does not write there: its type predates const.
  char* input = const_cast<char*>(bytes.data());
  std::size_t left = bytes.size();
  std::array<char, kBlockBytes> block;
  while (left > 0) {
    char* output = block.data();
    std::size_t room = block.size();
    const std::size_t outcome = iconv(handle_, &input, &left, &output, &room);
    const int error = outcome == static_cast<std::size_t>(-1) ? errno : 0;
    to.append(block.data(), block.size() - room);
    if (error == 0 || error == E2BIG) continue;
    return {bytes.size() - left, error == EINVAL ? Stop::kCut : Stop::kInvalid};
  }
  return {bytes.size(), Stop::kEnd};
}

void Converter::finish(std::string& to) {
  std::array<char, 64> block;
  char* output = block.data();
  std::size_t room = block.size();
  iconv(handle_, nullptr, nullptr, &output, &room);
  to.append(block.data(), block.size() - room);
}

}  // namespace minions::formats
