#include "attestation/core/check_table.h"
#include "minions/result.hpp"

namespace minions {
inline namespace v0 {

ExitCode exit_code_of(const Error& error) {
  if (error.cause == Cause::kReaderLeft) return ExitCode::kReaderLeft;
  // Of a model's server: minionsd and this program report theirs by codes.
  if (error.http_status != 0 && error.code != ErrorCode::kUnauthorized) return ExitCode::kServer;
  if (error.cause == Cause::kWorker && error.code == ErrorCode::kTimeout) return ExitCode::kServer;
  switch (error.code) {
    case ErrorCode::kUsage:
    case ErrorCode::kTooLarge: return ExitCode::kUsage;
    case ErrorCode::kRefused: return ExitCode::kRefused;
    case ErrorCode::kNetwork:
    case ErrorCode::kTimeout:
    case ErrorCode::kNotFound:
    case ErrorCode::kReplayed:
    case ErrorCode::kUnsupported:
    case ErrorCode::kMalformed:
    case ErrorCode::kBusy: return ExitCode::kNetwork;
    case ErrorCode::kUnauthorized: return ExitCode::kUnauthorized;
    case ErrorCode::kBackend: return ExitCode::kServer;
    case ErrorCode::kDocument: return ExitCode::kDocument;
    case ErrorCode::kLimit: return ExitCode::kLimit;
    case ErrorCode::kTruncated:
    case ErrorCode::kTampered: return ExitCode::kIncomplete;
    case ErrorCode::kCancelled: return ExitCode::kInterrupted;
    case ErrorCode::kIo:
    case ErrorCode::kInternal: return ExitCode::kInternal;
  }
  return ExitCode::kInternal;
}

std::string_view hint_for(const Error& error) {
  const bool worker = error.cause == Cause::kWorker;
  if (error.code == ErrorCode::kUnauthorized)
    return worker ? "give the worker's key with --worker-key-file FILE"
                  : "give a key of this server with --api-key-file FILE";
  if (worker && error.code == ErrorCode::kNetwork)
    return "start the server of the worker's model, or name another worker with --worker; extractive needs none";
  if (error.cause == Cause::kOverContext)
    return "ask about less, or take a model that reads more at once (minions models shows how much); ask and chat send "
           "less of the documents with --passages, a chat begins anew with /clear";
  if (error.cause == Cause::kCertificate) return "name the server's certificate authority with --ca-file FILE";
  if (error.code != ErrorCode::kRefused) return {};
  if (worker) return "--allow-remote-worker lets the documents leave this machine";
  if (error.cause == Cause::kModel)
    return "minions models lists those of the server and what its statement says of each";
  const attestation::CheckRow* const row = attestation::row_of(error.check_id);
  return row == nullptr || row->hint.empty() ? "minions attest shows every check" : row->hint;
}

}  // namespace v0
}  // namespace minions
