// How fast the gateway's scanner of addresses reads requests of several kinds, beside memchr over the same bytes.
// Prints one JSON object: bytes of body a second, medians.
#include <fmt/format.h>

#include <cstring>

#include "gateway/media_url_scanner.h"
#include "measuring.h"

namespace minions::bench {
namespace {

constexpr std::size_t kBody = 8'000'000;
constexpr std::size_t kRecordData = 65'531;  // as records bring it
constexpr int kRounds = 21;

std::string body_of(std::string_view before, std::string_view unit, std::string_view after) {
  std::string body(before);
  while (body.size() < kBody) body += unit;
  return body.append(after);
}

double scan_seconds(const std::string& body) {
  gateway::MediaUrlScanner scanner;
  const double seconds = cpu_seconds_of([&] {
    for (std::size_t at = 0; at < body.size(); at += kRecordData)
      static_cast<void>(scanner.take(as_bytes(std::string_view(body).substr(at, kRecordData))));
  });
  if (scanner.finish() != gateway::MediaUrlScanner::Finding::kNothing) std::abort();
  return seconds;
}

double memchr_seconds(const std::string& body) {
  const void* found = nullptr;
  const double seconds = cpu_seconds_of([&] { found = std::memchr(body.data(), 0, body.size()); });
  if (found != nullptr) std::abort();
  return seconds;
}

template <class Work>
double bytes_per_s(const std::string& body, Work&& work) {
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) seconds.push_back(work(body));
  return static_cast<double>(body.size()) / median(seconds);
}

}  // namespace
}  // namespace minions::bench

int main() {
  using namespace minions::bench;
  const std::string text = body_of(R"({"messages":[{"content":")", "Nothing in this sentence is escaped. ", "\"}]}");
  const std::string lines =
      body_of(R"({"messages":[{"content":")",
              "A line as documents have them, with a line end behind its last words.\\n", "\"}]}");
  const std::string escaped = body_of(R"({"messages":[{"content":")", "\\u00e9\\u4e2d", "\"}]}");
  const std::string image =
      body_of(R"({"messages":[{"image_url":{"url":"data:image/png;base64,)", "iVBORw0KGgoAAAAN", "\"}}]}");
  const std::string tokens = body_of(R"({"input":[)", "12345,", "1]}");
  fmt::print(R"({{"text":{:.2e},"memchr":{:.2e},"lines":{:.2e},"escaped":{:.2e},"image":{:.2e},"tokens":{:.2e}}})"
             "\n",
             bytes_per_s(text, scan_seconds), bytes_per_s(text, memchr_seconds), bytes_per_s(lines, scan_seconds),
             bytes_per_s(escaped, scan_seconds), bytes_per_s(image, scan_seconds), bytes_per_s(tokens, scan_seconds));
  return 0;
}
