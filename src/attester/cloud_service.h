// The cloud's own services next to a machine, over HTTP: the metadata service and the attestation service. One request
// and the body of its answer, retried a few times if the service asks for patience. Trusts nothing that it returns.
#pragma once

#include <chrono>
#include <functional>

#include "base/json.h"
#include "net/fetch.h"

namespace minions::attester {

// Replaces the network and time in tests.
struct CloudAccess {
  std::function<Result<net::FetchReply>(const net::FetchRequest&)> fetch = net::fetch_blocking;
  std::function<void(std::chrono::milliseconds)> wait;  // empty: sleeps
};

inline constexpr int kServiceAttempts = 3;
inline constexpr std::chrono::milliseconds kFirstServiceWait{500};  // then twice as long each time
inline constexpr std::chrono::milliseconds kLongestServiceWait{4'000};

// The body of an answer with status 200. Retried where net/retry.h allows it, waiting as long as Retry-After states
// within the limit above. kNetwork or kTimeout as of the last attempt, kBusy if the service still throttles, kNotFound
// for 404, kIo for another status. `what` names the service in errors.
[[nodiscard]] Result<Bytes> call_service(const CloudAccess& access, std::string_view what,
                                         const net::FetchRequest& request);
// The same, read as strict JSON.
[[nodiscard]] Result<Json> call_json_service(const CloudAccess& access, std::string_view what,
                                             const net::FetchRequest& request);

// Base64 as these services write it: either alphabet, padded or not. kMalformed names the member.
[[nodiscard]] Result<Bytes> base64_of_service(const Json& object, std::string_view member);

// Scheme, authority and path without a slash at the end. kUsage if it is not an http or https address.
[[nodiscard]] Result<std::string> service_address(std::string_view what, std::string_view text);

}  // namespace minions::attester
