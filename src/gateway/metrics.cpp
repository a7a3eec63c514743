#include "gateway/metrics.h"

#include <prometheus/text_serializer.h>

namespace minions::gateway {
namespace {

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}
prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

Metrics::Metrics() : Metrics(std::make_shared<prometheus::Registry>()) {}

Metrics::Metrics(std::shared_ptr<prometheus::Registry> registry)
    : attestations(counter(*registry, "minionsd_attestations_total", "Attestation documents served")),
      handshakes_done(counter(*registry, "minionsd_handshakes_total", "Sessions opened")),
      handshakes_refused(counter(*registry, "minionsd_handshakes_refused_total", "Handshakes refused")),
      streams_running(gauge(*registry, "minionsd_streams_running", "Sealed exchanges under way")),
      sessions_proven(gauge(*registry, "minionsd_sessions", "Sessions in which a record has authenticated")),
      sessions_unproven(
          gauge(*registry, "minionsd_sessions_unproven", "Sessions in which no record has authenticated yet")),
      held_bytes(gauge(*registry, "minionsd_held_bytes", "Bytes kept for the model of requests without their end")),
      epoch(gauge(*registry, "minionsd_epoch", "Number of the current epoch")),
      tls_waiting(gauge(*registry, "minionsd_tls_certificate_waiting",
                        "1 while a certificate with a new key waits until every statement lists that key")),
      tls_reload_failed(gauge(*registry, "minionsd_tls_reload_failed",
                              "1 if the certificate was not taken when it last was to be; the old one serves")),
      tls_not_valid(gauge(*registry, "minionsd_tls_certificate_not_valid",
                          "1 while the certificate in use is not valid, by its time or its purpose")),
      first_byte_seconds(prometheus::BuildHistogram()
                             .Name("minionsd_model_first_byte_seconds")
                             .Help("From the end of a request to the first byte of the model's reply")
                             .Register(*registry)
                             .Add({}, prometheus::Histogram::BucketBoundaries{0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300})),
      registry_(std::move(registry)),
      plain_errors_(prometheus::BuildCounter()
                        .Name("minionsd_plain_errors_total")
                        .Help("Unsealed error replies by HTTP status")
                        .Register(*registry_)),
      limits_(prometheus::BuildCounter()
                  .Name("minionsd_limits_reached_total")
                  .Help("What was refused, by the limit that was reached")
                  .Register(*registry_)) {
  auto& streams = prometheus::BuildCounter()
                      .Name("minionsd_streams_total")
                      .Help("Sealed exchanges by outcome")
                      .Register(*registry_);
  streams_ = {&streams.Add({{"outcome", "complete"}}), &streams.Add({{"outcome", "alert"}}),
              &streams.Add({{"outcome", "refused"}}), &streams.Add({{"outcome", "cancelled"}})};
}

void Metrics::count(StreamOutcome outcome) { streams_[static_cast<std::size_t>(outcome)]->Increment(); }

void Metrics::count_plain_error(int status) { plain_errors_.Add({{"status", std::to_string(status)}}).Increment(); }

void Metrics::count(Limit limit) { limits_.Add({{"limit", std::string(name_of(limit))}}).Increment(); }

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(registry_->Collect()); }

}  // namespace minions::gateway
