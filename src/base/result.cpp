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

std::string_view name_of(Ending ending) {
  switch (ending) {
    case Ending::kComplete: return "complete";
    case Ending::kLength: return "length";
    case Ending::kContentFilter: return "content_filter";
    case Ending::kRefusal: return "refusal";
    case Ending::kReasoningOnly: return "reasoning_only";
    case Ending::kToolCall: return "tool_call";
    case Ending::kEmpty: return "empty";
    case Ending::kAbort: return "abort";
    case Ending::kUnknown: return "unknown";
  }
  return "unknown";
}

std::string_view words_for(Ending ending) {
  switch (ending) {
    case Ending::kComplete: return "";
    case Ending::kLength: return "the answer was cut at the limit of tokens";
    case Ending::kContentFilter: return "the answer was cut or withheld by a content filter of the model's server";
    case Ending::kRefusal: return "the model refused to answer";
    case Ending::kReasoningOnly: return "the model only reasoned and gave no answer";
    case Ending::kToolCall: return "the model asked for a tool, which is not run here, and gave no whole answer";
    case Ending::kEmpty: return "the model answered nothing";
    case Ending::kAbort: return "the model's server aborted the answer";
    case Ending::kUnknown: return "the model's server did not say that the answer is complete";
  }
  return "";
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
