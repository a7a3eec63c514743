// A request's body on its way to a model server, as anybody who is authorised may send it, and a reply as a model
// server may: whatever comes and however it is cut, as many bytes of a request come out as were announced, what is an
// object stays one whose only word about the cache is ours, and a reply stays JSON that tells no count.
#include <nlohmann/json.hpp>

#include "fuzz/fuzz.h"
#include "upstream/cache_members.h"
#include "upstream/cached_counts.h"

namespace minions::fuzz {
namespace {

using Json = nlohmann::json;

std::string members_of(ByteView body, Cuts cuts, const std::string& member) {
  upstream::CacheMembers members(member);
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
  upstream::CachedCounts counts;
  Bytes out;
  while (!reply.empty()) {
    const std::size_t count = cuts.next(reply.size());
    counts.take(reply.first(count), out);
    reply = reply.subspan(count);
  }
  counts.finish(out);
  return std::string(as_text(out));
}

// But for the length of the prompt it is all 0.
void check_progress(const Json& progress) {
  for (const auto& [key, value] : progress.items()) {
    if (key == "cache" || key == "processed") require(value == 0 || value == "0", "no progress is shown");
    require(!value.is_structured() || key.size() > 32, "nothing is hidden in progress");
  }
}

// What a client sees of a reply that is JSON.
void check_counts(const Json& reply) {
  if (reply.is_object()) {
    for (const auto& [key, value] : reply.items()) {
      if (key == "cached_tokens" || key == "cache_n" || key == "prompt_ms")
        require(value == 0 || value == "0", "no count is shown");
      if (key == "prompt_tokens_details") require(value.is_null(), "no details are shown");
      if (key == "prompt_progress" && value.is_object()) check_progress(value);
      if (key == "prompt_progress" && !value.is_object() && !value.is_null())
        require(value == 0 || value == "0", "progress is an object or nothing");
    }
  }
  if (reply.is_structured()) {
    for (const Json& part : reply) check_counts(part);
  }
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
  const std::string shown = fuzz::counts_of(body, cuts);
  fuzz::require(shown == fuzz::counts_of(body, fuzz::Cuts::none()), "the cuts do not matter to a reply");
  static_cast<void>(fuzz::members_of(body, cuts, ""));
  const auto before = nlohmann::json::parse(as_text(body), nullptr, false);
  if (!before.is_discarded()) {
    const auto after = nlohmann::json::parse(shown, nullptr, false);
    fuzz::require(!after.is_discarded(), "JSON stays JSON");
    fuzz::check_counts(after);
  }
  // A byte order mark, which the parser skips, is refused before.
  if (before.is_object() && as_text(body).find_first_not_of(" \t\r\n") == as_text(body).find('{'))
    fuzz::check_object(before, nlohmann::json::parse(made, nullptr, false));
  return 0;
}
