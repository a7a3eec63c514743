#include "collateral/collector.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "crypto/ocsp.h"

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
    const Json array = response ? parse_json(as_text(*response)) : Json();
    // The keys of one answer are of one day: the first token's stands for all.
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

template <class T>
Status status_of(const Result<T>& read) {
  return read ? Status() : fail(read.error());
}

// Whether it is of the requested kind: an unreadable entry would be a refusal where it is needed.
Status check_form(const Need& need, const Bytes& body) {
  switch (need.kind) {
    case Need::Kind::kCertificates: return status_of(crypto::Certificate::read(body));
    case Need::Kind::kRevocationList: return status_of(crypto::RevocationList::read(body));
    case Need::Kind::kOcsp: return status_of(crypto::OcspResponse::parse(body));
    case Need::Kind::kNrasKeys:
    case Need::Kind::kMaaKeys: return status_of(JwkSet::parse(as_text(body)));
    case Need::Kind::kSignedJson:
    case Need::Kind::kRim: return {};
  }
  return {};
}

Result<Reply> read_reply(const Need& need, net::FetchReply&& fetched) {
  Reply reply{std::move(fetched.body), {}};
  if (need.kind == Need::Kind::kRim) {
    MINIONS_TRY_ASSIGN(reply.body, decode_rim(as_text(reply.body)));
  }
  if (need.kind == Need::Kind::kSignedJson) {
    const auto header = net::find(fetched.headers, need.chain_header);
    if (!header) return fail(ErrorCode::kMalformed, fmt::format("no header {}", need.chain_header));
    MINIONS_TRY_ASSIGN(reply.issuer_chain, decode_issuer_chain(*header));
  }
  MINIONS_TRY(check_form(need, reply.body));
  return reply;
}

// Added to what is available; the verifiers use what fits.
void put(const Need& need, Reply&& reply, attestation::Endorsements& endorsements) {
  const auto add = [&](const std::string& name, Bytes&& entry) {
    auto& entries = endorsements[name];
    if (std::find(entries.begin(), entries.end(), entry) == entries.end()) entries.push_back(std::move(entry));
  };
  add(need.endorsement, std::move(reply.body));
  if (!need.chain_endorsement.empty()) add(need.chain_endorsement, std::move(reply.issuer_chain));
}

net::FetchRequest request_of(const Need& need, const CollectorOptions& options) {
  net::FetchRequest request;
  request.url = need.url;
  request.reply_limit_bytes = kMostReplyBytes;
  request.ca_file = options.sources.ca_file;
  if (!need.body.empty()) {
    request.method = "POST";
    request.body = need.body;
    request.headers.push_back({"content-type", "application/ocsp-request"});
  }
  return request;
}

bool is_key_set(const Need& need) { return need.kind == Need::Kind::kNrasKeys || need.kind == Need::Kind::kMaaKeys; }
std::string_view service_of(const Need& need) { return need.kind == Need::Kind::kNrasKeys ? "nras" : "maa"; }

}  // namespace

// One collection.
struct Collector::Run {
  const CollectInput& input;
  net::Executor executor;
  net::Deadline deadline;
  std::stop_token stop;
  Collected collected;
  enum class Look { kCacheFirst, kFetchOnly } look = Look::kCacheFirst;
  enum class Origin { kCache, kService } origin = Origin::kService;  // of the last answer
  std::map<std::string, Origin, std::less<>> asked{};                // by question, answered or not

  [[nodiscard]] std::chrono::milliseconds left() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  }
};

net::Task<Result<Reply>> Collector::fetch(const Need& need, Run& run) const {
  net::Retries retries(options_.retries);
  for (;;) {
    if (run.left().count() <= 0) co_return fail(ErrorCode::kTimeout, "no time left" + retries.in_words());
    net::FetchRequest request = request_of(need, options_);
    request.time = std::min(options_.request_time, run.left());
    auto fetched = co_await net::fetch(std::move(request), run.executor);
    if (fetched && fetched->status == 200) {
      MINIONS_CO_TRY_ASSIGN(Reply reply, read_reply(need, *std::move(fetched)));
      cache_.put(need.question(), {reply, fresh_until(need, reply, run.input.now)});
      co_return reply;
    }
    // A service that hangs has used its time; others wait for theirs.
    const bool timed_out = !fetched && fetched.error().code == ErrorCode::kTimeout;
    const auto wait = timed_out ? std::nullopt : retries.next(fetched, run.left());
    if (!wait || run.stop.stop_requested()) {
      if (fetched) co_return fail(ErrorCode::kNetwork, fmt::format("status {}{}", fetched->status, retries.in_words()));
      co_return fail(fetched.error().code, fetched.error().detail + retries.in_words());
    }
    net::Timer timer(run.executor, *wait);
    co_await timer.async_wait(net::use_task_tuple);
    if (run.stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "told to stop");
  }
}

net::Task<Result<Reply>> Collector::get(const Need& need, Run& run) const {
  auto kept = cache_.find(need.question());
  if (kept && !check_form(need, kept->reply.body)) kept.reset();
  run.origin = Run::Origin::kCache;
  const bool fresh = kept && run.input.now < kept->fresh_until;
  if (fresh && run.look == Run::Look::kCacheFirst) co_return std::move(kept->reply);
  if (options_.network == Network::kOffline) {
    if (kept) co_return std::move(kept->reply);
    co_return fail(ErrorCode::kNetwork, "not in the cache, and offline");
  }
  run.origin = Run::Origin::kService;
  auto fetched = co_await fetch(need, run);
  // Old is better than nothing: its dates are judged with the rest.
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
    // Keys rotate: a key missing from a kept set may be in a new one. Asked once.
    if (keys && knows_all(*keys, ids)) break;
    run.look = Run::Look::kFetchOnly;
  }
  run.look = Run::Look::kCacheFirst;
  co_return Status{};
}

net::Task<Status> Collector::satisfy(const Need& need, Run& run) const {
  if (is_key_set(need)) co_return co_await take_keys(need, run);
  MINIONS_CO_TRY_ASSIGN(Reply reply, co_await get(need, run));
  put(need, std::move(reply), run.collected.endorsements);
  co_return Status{};
}

net::Task<Collected> Collector::collect(const CollectInput& input, net::Executor executor, std::stop_token stop) const {
  Run run{input, executor, net::deadline_in(options_.total_time), stop, {input.endorsements, {}, {}}};
  // What was fetched may need more: reference values need the answers about their signers.
  constexpr int kMostRounds = 3;
  for (int round = 0; round < kMostRounds; ++round) {
    const std::vector<Need> needs =
        needs_of({input.evidence, run.collected.endorsements, input.policy, input.now, options_.sources});
    bool any_new = false;
    for (const Need& need : needs) {
      if (stop.stop_requested()) break;
      const auto before = run.asked.find(need.question());
      const bool was_kept = before != run.asked.end() && before->second == Run::Origin::kCache;
      if (before != run.asked.end() && !was_kept) continue;
      any_new = true;
      // Asks the service for what was kept but was not sufficient.
      run.look = was_kept ? Run::Look::kFetchOnly : Run::Look::kCacheFirst;
      const Status done = co_await satisfy(need, run);
      const bool ask_again = !was_kept && !is_key_set(need) && options_.network == Network::kOnline;
      run.asked[need.question()] = ask_again ? run.origin : Run::Origin::kService;
      if (!done) run.collected.missing.push_back(fmt::format("{}: {}: {}", need.what, need.url, done.error().detail));
    }
    if (!any_new || stop.stop_requested()) break;
  }
  co_return std::move(run.collected);
}

Collected Collector::collect_blocking(const CollectInput& input) const {
  net::asio::io_context context;
  return net::run_until_done(context, collect(input, context.get_executor()));
}

}  // namespace minions::collateral
