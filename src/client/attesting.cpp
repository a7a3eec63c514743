#include "client/attesting.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace minions::client {
namespace {

constexpr std::chrono::milliseconds kDocumentTime{30'000};

// Adds to the document what the evidence needs besides what the server sent.
net::Task<void> add_collateral(const AttestingInput& input, Attestation& attestation, std::stop_token stop) {
  if (input.collector == nullptr || !input.executor || !attestation.document) co_return;
  attestation::AttestationDocument& document = *attestation.document;
  // Refused whatever the vendors say, so none is asked: a document with many processors makes no work.
  if (!attestation::check_composition(document.evidence)) co_return;
  const collateral::CollectInput collect{.evidence = document.evidence,
                                         .endorsements = document.endorsements,
                                         .policy = input.policy.rules(),
                                         .now = input.unix_time()};
  collateral::Collected collected = co_await input.collector->collect(collect, *input.executor, std::move(stop));
  document.endorsements = std::move(collected.endorsements);
  attestation.missing = std::move(collected.missing);
  attestation.keys = std::make_shared<const attestation::TokenKeys>(std::move(collected.keys));
}

std::string document_path(const AttestingInput& input, const std::optional<attestation::Nonce>& nonce) {
  std::string path = "/v2/attestation";
  char separator = '?';
  const auto add = [&](std::string_view name, ByteView value) {
    path += fmt::format("{}{}={}", separator, name, to_base64url(value));
    separator = '&';
  };
  if (nonce) add("nonce", *nonce);
  if (input.known != nullptr) add("have", attestation::statement_digest(*input.known->statement));
  return path;
}

Result<attestation::AttestationDocument> read_document(const AttestingInput& input, ByteView body) {
  MINIONS_TRY_ASSIGN(attestation::AttestationDocument document, attestation::AttestationDocument::parse(body));
  if (document.statement || input.known == nullptr) return document;
  return std::move(document).completed_from(*input.known);
}

}  // namespace

std::optional<std::string> document_json(const Attestation& attestation) {
  const auto& document = attestation.document;
  if (!document || !document->statement) return std::nullopt;
  const attestation::DocumentWriter writer(
      {*document->statement, document->evidence, document->endorsements, document->operator_signature});
  if (document->nonce && document->nonce_proof) return writer.full(*document->nonce, *document->nonce_proof);
  return writer.full();
}

attestation::AttestationResult appraise_attestation(const Attestation& attestation,
                                                    const attestation::AppraisalPolicy& policy, UnixSeconds now) {
  return attestation::appraise({attestation.document, attestation.nonce, attestation.connection},
                               {policy, attestation.keys.get()}, now);
}

net::Task<Result<Attestation>> fetch_and_appraise(const AttestingInput& input, std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  Attestation attestation;
  if (input.policy.rules().freshness.value == attestation::FreshnessMode::kNonce)
    attestation.nonce = input.random.bytes<32>();

  MINIONS_CO_TRY_ASSIGN(const std::unique_ptr<net::ClientExchange> exchange, co_await input.transport.open(stop));
  const attestation::ServerConnection connection = describe(*exchange);
  attestation.leaf_spki_sha256 = connection.leaf_spki_sha256;
  attestation.connection = connection;
  PlainRequest request;
  request.method = "GET";
  request.path = document_path(input, attestation.nonce);
  request.reply_limit_bytes = attestation::kDocumentLimitBytes;
  request.deadline = net::deadline_in(kDocumentTime);
  MINIONS_CO_TRY_ASSIGN(const PlainReply reply, co_await input.transport.fetch(*exchange, request, stop));
  if (reply.status != 200) co_return fail(plain_error("attestation", reply.status, reply.body));
  input.transport.take_cookies(reply.headers);

  attestation.document = read_document(input, reply.body);
  co_await add_collateral(input, attestation, stop);
  attestation.early_s = static_cast<std::int64_t>(input.policy.rules().leeway_s.value);
  // Not read earlier: a token or an answer may have been issued while waiting for it.
  attestation.result = appraise_attestation(attestation, input.policy, input.unix_time());
  attestation.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  co_return attestation;
}

std::shared_ptr<const Attestation> StatementCache::find(const Key& key, UnixSeconds now) const {
  auto found = last(key);
  if (found == nullptr || !found->result.accepted()) return nullptr;
  const attestation::Statement& statement = found->result.statement->statement();
  const bool in_time = now < statement.not_after && now >= statement.not_before - found->early_s;
  return in_time ? found : nullptr;
}

std::shared_ptr<const Attestation> StatementCache::last(const Key& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : found->second;
}

}  // namespace minions::client
