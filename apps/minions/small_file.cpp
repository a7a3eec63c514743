#include "small_file.h"

#include <fmt/format.h>

#include <fstream>

namespace minions::app {
namespace {

constexpr std::size_t kSmallFileBytes = 1024 * 1024;

}  // namespace

Result<std::string> read_small_file(const std::string& file, std::string_view option) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kSmallFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  const auto count = static_cast<std::size_t>(in.gcount());
  if (!in.is_open() || in.bad() || (count == 0 && !in.eof()))
    return fail(ErrorCode::kUsage, fmt::format("{}: {} cannot be read", option, file));
  if (count > kSmallFileBytes)
    return fail(ErrorCode::kUsage, fmt::format("{}: {} is over {} bytes", option, file, kSmallFileBytes));
  text.resize(count);
  return text;
}

}  // namespace minions::app
