// A request's body as anybody who is authorised may send it: what the scanner says of it, however it is cut, is what a
// parsed document says. simdjson keeps keys that come twice, so no server sees a member that the reference does not.
#include "gateway/media_url_scanner.h"

#include "fuzz/fuzz.h"
#include "gateway/media_url_reference.h"

namespace minions::fuzz {
namespace {

using gateway::MediaUrlScanner;
using Finding = MediaUrlScanner::Finding;

Finding scan(ByteView body, Cuts cuts) {
  MediaUrlScanner scanner;
  while (!body.empty()) {
    const std::size_t count = cuts.next(body.size());
    if (scanner.take(body.first(count)) != Finding::kNothing) break;
    body = body.subspan(count);
  }
  return scanner.finish();
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  static gateway::MediaUrlReference reference;
  ByteView body(data, size);
  const fuzz::Cuts cuts(fuzz::take_byte(body));
  const auto found = fuzz::scan(body, cuts);
  fuzz::require(found == fuzz::scan(body, fuzz::Cuts::none()), "a finding does not depend on the cuts");
  const auto expected = reference.judge(as_text(body));
  if (expected) fuzz::require(found == *expected, "the scanner says what the parsed document says");
  return 0;
}
