// A request's body on its way to a model server, as anybody who is authorised may send it, and a reply as a model
// server may: whatever comes and however it is cut, as many bytes come out as were announced, and what is an object
// stays one whose only word about the cache is ours.
#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"
#include "models/cache_members.h"
#include "models/cached_counts.h"

namespace minions::fuzz {
namespace {

using Json = nlohmann::json;

std::string members_of(ByteView body, Cuts cuts, const std::string& member) {
  models::CacheMembers members(member);
  const std::size_t expected = body.size() + members.added_bytes();
  Bytes out;
  while (!body.empty()) {
    const std::size_t count = cuts.next(body.size());
    members.take(body.first(count), out);
    body = body.subspan(count);
  }
  members.finish(out);
  require(out.size() == expected, "a body grows by what was announced");
  return std::string(as_text(out));
}

std::string counts_of(ByteView reply, Cuts cuts) {
  std::string text(as_text(reply));
  models::CachedCounts counts;
  MutableBytes left(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  while (!left.empty()) {
    const std::size_t count = cuts.next(left.size());
    counts.hide(left.first(count));
    left = left.subspan(count);
  }
  return text;
}

// The members that the server sees, but for those that were renamed.
void check_object(const Json& before, const Json& after) {
  require(after.is_object(), "an object stays one");
  require(after.contains("cache_salt") && after["cache_salt"] == "ours", "our salt is the one that counts");
  require(!after.contains("cache_prompt") && !after.contains("kv_transfer_params"), "theirs do not count");
  for (const auto& [key, value] : before.items()) {
    // Renamed, or looks like that; messages lose the names of their media.
    if (key.find_first_not_of('_') == std::string::npos || key == "messages" || key == "input") continue;
    if (after.contains(key)) require(key == "cache_salt" || after[key] == value, "what is not of the cache stays");
  }
}

}  // namespace
}  // namespace minions::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace minions;
  ByteView body(data, size);
  const fuzz::Cuts cuts(fuzz::take_byte(body));
  const std::string member = R"("cache_salt":"ours")";
  const std::string made = fuzz::members_of(body, cuts, member);
  fuzz::require(made == fuzz::members_of(body, fuzz::Cuts::none(), member), "the cuts do not matter to a request");
  fuzz::require(fuzz::counts_of(body, cuts) == fuzz::counts_of(body, fuzz::Cuts::none()),
                "the cuts do not matter to a reply");
  static_cast<void>(fuzz::members_of(body, cuts, ""));
  const auto before = nlohmann::json::parse(as_text(body), nullptr, false);
  // A byte order mark, which the parser skips, is refused before.
  if (before.is_object() && as_text(body).find_first_not_of(" \t\r\n") == as_text(body).find('{'))
    fuzz::check_object(before, nlohmann::json::parse(made, nullptr, false));
  return 0;
}
