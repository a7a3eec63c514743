#include "gateway/tls_renewal.h"

#include "base/encoding.h"
#include "base/log.h"

namespace minions::gateway {

void TlsRenewal::reload() {
  const Digest32 used = tls_.spki_sha256();
  const Status read = tls_.reload();
  metrics_.tls_reload_failed.Set(read ? 0 : 1);
  if (!read) {
    log::error("tls_kept", {{"reason", log::Public{read.error().detail}}});
    return;
  }
  list_keys();
  const auto waiting = tls_.waiting_spki_sha256();
  metrics_.tls_waiting.Set(waiting ? 1 : 0);
  if (waiting) {
    log::warning("tls_waiting", {{"used", log::Public{to_base64url(used)}},
                                 {"waiting", log::Public{to_base64url(*waiting)}},
                                 {"reason", "the key is new: it serves once every statement lists it"}});
  } else {
    log::info("tls_read", {{"used", log::Public{to_base64url(used)}}});
  }
  step();
}

// Clients that go only by the attested key are not affected, so it continues to serve.
void TlsRenewal::check_used() {
  const Status good = tls_.check();
  metrics_.tls_not_valid.Set(good ? 0 : 1);
  if (!good && was_good_) log::error("tls_not_valid", {{"reason", log::Public{good.error().detail}}});
  was_good_ = good.has_value();
}

void TlsRenewal::step() {
  check_used();
  const auto waiting = tls_.waiting_spki_sha256();
  if (!waiting || !attestation_.every_statement_lists(*waiting)) return;
  tls_.use_waiting();
  list_keys();  // without the old one from the next epoch on
  metrics_.tls_waiting.Set(0);
  check_used();
  log::info("tls_used", {{"used", log::Public{to_base64url(*waiting)}}});
}

void TlsRenewal::list_keys() {
  std::vector<Digest32> keys = listed_;
  const auto add = [&](const Digest32& key) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  };
  add(tls_.spki_sha256());
  if (const auto waiting = tls_.waiting_spki_sha256()) add(*waiting);
  attestation_.list_tls_keys(std::move(keys));
}

}  // namespace minions::gateway
