#include "base/result.h"

namespace minions {
inline namespace v0 {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage: return "usage";
    case ErrorCode::kMalformed: return "malformed";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kNetwork: return "network";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kTruncated: return "truncated";
    case ErrorCode::kTampered: return "tampered";
    case ErrorCode::kReplayed: return "replayed";
    case ErrorCode::kRefused: return "refused";
    case ErrorCode::kUnauthorized: return "unauthorized";
    case ErrorCode::kBusy: return "busy";
    case ErrorCode::kBackend: return "backend";
    case ErrorCode::kDocument: return "document";
    case ErrorCode::kLimit: return "limit";
    case ErrorCode::kInternal: return "internal";
  }
  return "unknown";
}

Error Error::in(std::string_view where) && {
  std::string joined;
  joined.reserve(where.size() + 2 + detail.size());
  joined.append(where).append(": ").append(detail);
  detail = std::move(joined);
  return std::move(*this);
}

Error Error::because(Cause of) && {
  cause = of;
  return std::move(*this);
}

Error Error::with_status(int status) && {
  http_status = status;
  return std::move(*this);
}

}  // namespace v0
}  // namespace minions
