// One plain HTTP exchange with an external service: a vendor's collateral, the metadata service of a cloud, a token
// service. https is checked against the web PKI, or the caller's own CAs. Never follows a redirect.
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
  std::chrono::milliseconds time{10'000};  // for all of it, including name resolution
  std::optional<std::string> ca_file;      // PEM, instead of the system's store
};

struct FetchReply {
  int status = 0;
  Headers headers;  // names in lower case
  Bytes body;
};

// Any status is a reply. kUsage: invalid address; kNetwork, kTimeout: no whole reply; kMalformed, also over its limit.
// Errors name the address without its query.
[[nodiscard]] Task<Result<FetchReply>> fetch(FetchRequest request, Executor executor);
// The same for threads that may block.
[[nodiscard]] Result<FetchReply> fetch_blocking(FetchRequest request);

}  // namespace minions::net
