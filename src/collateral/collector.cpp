#include "collateral/collector.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace minions::collateral {
namespace {

using attestation::JwkSet;

// Ids of the keys that the evidence's tokens name.
std::vector<std::string> key_ids(const Need& need, const attestation::Evidence& evidence) {
  std::vector<std::string> ids;
  const auto add = [&](std::string_view compact) {
    if (const auto token = attestation::Jwt::parse(compact)) ids.push_back(token->key_id);
  };
  for (const attestation::EvidenceItem& item : evidence) {
    if (need.kind == Need::Kind::kMaaKeys && item.type == attestation::evidence_type::kAzureMaa) {
      if (const auto token = item.part("token")) add(as_text(*token));
    }
    if (need.kind != Need::Kind::kNrasKeys || item.type != attestation::evidence_type::kNvidiaNras) continue;
    const auto response = item.part("response");
    const Json array = response ? Json::parse(as_text(*response), nullptr, false) : Json();
    // Keys of one answer are of one day: the first token's stands for all.
    if (array.is_array() && !array.empty() && array[0].is_array() && array[0].size() == 2 && array[0][1].is_string())
      add(array[0][1].get_ref<const std::string&>());
  }
  return ids;
}

bool knows_all(const JwkSet& keys, const std::vector<std::string>& ids) {
  return std::all_of(ids.begin(), ids.end(), [&](const std::string& id) { return keys.find(id) != nullptr; });
}

UnixSeconds fresh_until(const Need& need, const Reply& reply, UnixSeconds now) {
  switch (need.kind) {
    case Need::Kind::kSignedJson: return json_next_update(as_text(reply.body));
    case Need::Kind::kRevocationList: return list_next_update(reply.body);
    case Need::Kind::kCertificates:
    case Need::Kind::kRim:
    case Need::Kind::kOcsp:
    case Need::Kind::kNrasKeys:
    case Need::Kind::kMaaKeys: return now + need.keep_s;
  }
  return now;
}

// What is worth keeping: something of the kind that was asked for.
Result<Reply> read_reply(const Need& need, net::FetchReply&& fetched) {
  if (fetched.status != 200) return fail(ErrorCode::kNetwork, fmt::format("status {}", fetched.status));
  Reply reply{std::move(fetched.body), {}};
  if (need.kind == Need::Kind::kRim) {
    MINIONS_TRY_ASSIGN(reply.body, decode_rim(as_text(reply.body)));
  }
  if (need.kind == Need::Kind::kSignedJson) {
    const auto header = net::find(fetched.headers, need.chain_header);
    if (!header) return fail(ErrorCode::kMalformed, fmt::format("no header {}", need.chain_header));
    MINIONS_TRY_ASSIGN(reply.issuer_chain, decode_issuer_chain(*header));
  }
  if (need.kind == Need::Kind::kNrasKeys || need.kind == Need::Kind::kMaaKeys) {
    MINIONS_TRY(JwkSet::parse(as_text(reply.body)));
  }
  return reply;
}

// Certificates and lists beside those at hand, of which the verifiers take what fits; Intel's pieces in place of what
// has run out.
void put(const Need& need, Reply&& reply, attestation::Endorsements& endorsements) {
  auto& entries = endorsements[need.endorsement];
  const bool replaces =
      need.kind == Need::Kind::kSignedJson || need.endorsement == "pck_crl" || need.endorsement == "root_ca_crl";
  if (replaces) entries.clear();
  entries.push_back(std::move(reply.body));
  if (!need.chain_endorsement.empty()) endorsements[need.chain_endorsement] = {std::move(reply.issuer_chain)};
}

bool is_key_set(const Need& need) { return need.kind == Need::Kind::kNrasKeys || need.kind == Need::Kind::kMaaKeys; }
std::string_view service_of(const Need& need) { return need.kind == Need::Kind::kNrasKeys ? "nras" : "maa"; }

}  // namespace

// One collection.
struct Collector::Run {
  const CollectInput& input;
  net::Executor executor;
  net::Deadline deadline;
  Collected collected;
  enum class Look { kCacheFirst, kFetchOnly } look = Look::kCacheFirst;
};

net::Task<Result<Reply>> Collector::fetch(const Need& need, Run& run) const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(run.deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) co_return fail(ErrorCode::kTimeout, "no time left");
  net::FetchRequest request;
  request.url = need.url;
  request.reply_limit_bytes = kMostReplyBytes;
  request.time = std::min(options_.request_time, left);
  request.ca_file = options_.sources.ca_file;
  if (!need.body.empty()) {
    request.method = "POST";
    request.body = need.body;
    request.headers.push_back({"content-type", "application/ocsp-request"});
  }
  MINIONS_CO_TRY_ASSIGN(net::FetchReply fetched, co_await net::fetch(std::move(request), run.executor));
  MINIONS_CO_TRY_ASSIGN(Reply reply, read_reply(need, std::move(fetched)));
  cache_.put(need.question(), {reply, fresh_until(need, reply, run.input.now)});
  co_return reply;
}

net::Task<Result<Reply>> Collector::get(const Need& need, Run& run) const {
  auto kept = cache_.find(need.question());
  const bool fresh = kept && run.input.now < kept->fresh_until;
  if (fresh && run.look == Run::Look::kCacheFirst) co_return std::move(kept->reply);
  if (options_.network == Network::kOffline) {
    if (kept) co_return std::move(kept->reply);
    co_return fail(ErrorCode::kNetwork, "not in the cache, and offline");
  }
  auto fetched = co_await fetch(need, run);
  // Old is better than nothing: its own dates are judged with the rest.
  if (!fetched && kept) co_return std::move(kept->reply);
  co_return fetched;
}

net::Task<Status> Collector::take_keys(const Need& need, Run& run) const {
  auto& keys = need.kind == Need::Kind::kNrasKeys ? run.collected.keys.nras : run.collected.keys.maa;
  if (const auto given = options_.key_sets.find(service_of(need)); given != options_.key_sets.end()) {
    keys = JwkSet::parse(given->second);
    co_return Status{};
  }
  const std::vector<std::string> ids = key_ids(need, run.input.evidence);
  run.look = Run::Look::kCacheFirst;
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto reply = co_await get(need, run);
    if (!reply) {
      run.look = Run::Look::kCacheFirst;
      co_return fail(std::move(reply).error());
    }
    keys = JwkSet::parse(as_text(reply->body));
    // Keys rotate: one that is not in a kept set may be in a new one. Asked once.
    if (keys && knows_all(*keys, ids)) break;
    run.look = Run::Look::kFetchOnly;
  }
  run.look = Run::Look::kCacheFirst;
  co_return Status{};
}

net::Task<Collected> Collector::collect(const CollectInput& input, net::Executor executor, std::stop_token stop) const {
  Run run{input, executor, net::deadline_in(options_.total_time), {input.endorsements, {}, {}}};
  const std::vector<Need> needs =
      needs_of({input.evidence, input.endorsements, input.policy, input.now, options_.sources});
  for (const Need& need : needs) {
    if (stop.stop_requested()) break;
    Status done;
    if (is_key_set(need)) {
      done = co_await take_keys(need, run);
    } else {
      auto reply = co_await get(need, run);
      if (reply) {
        put(need, *std::move(reply), run.collected.endorsements);
      } else {
        done = fail(std::move(reply).error());
      }
    }
    if (!done) run.collected.missing.push_back(fmt::format("{}: {}: {}", need.what, need.url, done.error().detail));
  }
  co_return std::move(run.collected);
}

Collected Collector::collect_blocking(const CollectInput& input) const {
  net::asio::io_context context;
  return net::run_until_done(context, collect(input, context.get_executor()));
}

}  // namespace minions::collateral
