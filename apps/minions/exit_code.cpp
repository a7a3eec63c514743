#include "exit_code.h"

#include "terminal.h"

namespace minions::app {
namespace {

std::string_view hint_for(const Error& error) {
  const auto mentions = [&](std::string_view text) { return error.detail.find(text) != std::string::npos; };
  if (error.code == ErrorCode::kRefused && mentions("simulated.allowed")) {
    return "for development only: --allow-simulated --trusted-attestation-pem FILE, or where a policy says its class, "
           "[verdict] require = \"simulated\" there";
  }
  if (error.code == ErrorCode::kRefused && error.detail.starts_with("model: "))
    return "minions models lists those of the server and what its statement says of each";
  if (error.code == ErrorCode::kRefused && mentions("verdict.class")) {
    return "minions policy check FILE shows who could read by a policy, and what it lacks";
  }
  if (error.code == ErrorCode::kRefused && mentions("platform.kind")) {
    return "name the kind of machine, and reference values for it: docs/policy.md";
  }
  if (error.code == ErrorCode::kRefused && mentions("attestor.key") && !mentions("no pin")) {
    return "another server answers, or its key was replaced: ask the operator before you trust the key that was found";
  }
  if (error.code == ErrorCode::kRefused && mentions("attestor.key")) {
    return "pin the operator's key with --trusted-attestation-pem FILE (attestation_public.pem of the server)";
  }
  if (error.code == ErrorCode::kRefused && mentions("measurement")) {
    return "name what must run there: --policy FILE, --vm-launch-measurement FILE or --trusted-attestation-pem FILE";
  }
  if (error.code == ErrorCode::kRefused && mentions("signature keys")) {
    return "name the service's key set with --jwks nras=FILE or maa=FILE; without --offline it is fetched";
  }
  const bool worker = error.detail.starts_with("worker: ");
  if (error.code == ErrorCode::kRefused && worker) return "--allow-remote-worker lets the documents leave this machine";
  if (error.code == ErrorCode::kUnauthorized && worker) return "give the worker's key with --worker-key-file FILE";
  if (error.code == ErrorCode::kRefused) return "minions attest shows every check";
  if (error.code == ErrorCode::kUnauthorized) return "give a key of this server with --api-key-file FILE";
  if (error.code == ErrorCode::kNetwork && mentions("certificate"))
    return "name the server's certificate authority with --ca-file FILE";
  return {};
}

void print(std::string_view kind, std::string_view text) {
  print_err("minions: {}: {}\n", kind, line_for_terminal(text));
}

}  // namespace

ExitCode exit_code_of(const Error& error) {
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

ExitCode report(const Error& error) {
  print("error", error.detail);
  if (const std::string_view hint = hint_for(error); !hint.empty()) print("hint", hint);
  return exit_code_of(error);
}

ExitCode report_document(const Error& error) {
  print("error", error.detail);
  return ExitCode::kDocument;
}

void hint(std::string_view text) { print("hint", text); }
void warn(std::string_view text) { print("warning", text); }

}  // namespace minions::app
