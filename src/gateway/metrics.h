// Counters for operators, in Prometheus's text form. No content, no names of users, no sizes of single messages.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <functional>
#include <string>

#include "gateway/limits.h"

namespace minions::gateway {

enum class StreamOutcome { kComplete, kAlert, kRefused, kCancelled };

class Metrics {
 public:
  Metrics();

  prometheus::Counter& attestations;
  prometheus::Counter& handshakes_done;
  prometheus::Counter& handshakes_refused;
  prometheus::Gauge& streams_running;
  prometheus::Gauge& sessions_proven;
  prometheus::Gauge& sessions_unproven;
  prometheus::Gauge& held_bytes;
  prometheus::Gauge& epoch;
  prometheus::Gauge& tls_waiting;             // 1: a certificate of another key is waiting to be used
  prometheus::Gauge& tls_reload_failed;       // 1: the certificate could not be read last time
  prometheus::Gauge& tls_not_valid;           // 1: the certificate in use is not valid now, or not for servers
  prometheus::Histogram& first_byte_seconds;  // of the model, from the request's end

  void count(StreamOutcome outcome);
  void count_plain_error(int status);
  void count(Limit limit);
  [[nodiscard]] std::string text() const;

 private:
  explicit Metrics(std::shared_ptr<prometheus::Registry> registry);
  std::shared_ptr<prometheus::Registry> registry_;
  std::array<prometheus::Counter*, 4> streams_;
  prometheus::Family<prometheus::Counter>& plain_errors_;
  prometheus::Family<prometheus::Counter>& limits_;
};

}  // namespace minions::gateway
