// One plain HTTP exchange with a service that is not ours: a vendor's collateral, the metadata service of a cloud, a
// token service. https is checked against the web PKI, or the caller's own authorities. Never follows a redirect.
#pragma once

#include "base/bytes.h"
#include "net/http.h"
#include "net/task.h"

namespace minions::net {

struct FetchRequest {
  std::string url;  // http[s]://HOST[:PORT]/PATH[?QUERY]
  std::string method = "GET";
  Headers headers;
  Bytes body;
  std::size_t reply_limit_bytes = 1024 * 1024;
  std::chrono::milliseconds time{10'000};  // for all of it, from the name's resolution on
  std::optional<std::string> ca_file;      // PEM, in place of the system's store
};

struct FetchReply {
  int status = 0;
  Headers headers;  // names in lower case
  Bytes body;
};

// Whatever status came is a reply. kUsage: no address; kNetwork, kTimeout: no whole reply; kMalformed, also over its
// limit. Errors name the address without its query.
[[nodiscard]] Task<Result<FetchReply>> fetch(FetchRequest request, Executor executor);
// The same for threads that may block.
[[nodiscard]] Result<FetchReply> fetch_blocking(FetchRequest request);

}  // namespace minions::net
