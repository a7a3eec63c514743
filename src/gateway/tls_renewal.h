// Puts a new certificate into use without any client refusing it. A certificate of the same key serves at once. Another
// key is listed in the statements from the next epoch on, and its certificate serves once no statement without it
// accepts handshakes any more: clients compare their connection's key with those of the statement.
#pragma once

#include "gateway/attestation_service.h"
#include "gateway/metrics.h"
#include "net/tls.h"

namespace minions::gateway {

class TlsRenewal {
 public:
  // listed: further keys that the statements list, those of proxies. All outlive this.
  TlsRenewal(net::TlsServerContext& tls, std::vector<Digest32> listed, AttestationService& attestation,
             Metrics& metrics)
      : tls_(tls), listed_(std::move(listed)), attestation_(attestation), metrics_(metrics) {}

  // Reads the files again. On failure keeps what was read before, including a waiting certificate.
  void reload();
  // Puts the waiting certificate into use when its time has come, and reports once if the one in use is not valid. Call
  // about once a second, on the thread of reload().
  void step();

 private:
  void list_keys();
  void check_used();

  net::TlsServerContext& tls_;
  const std::vector<Digest32> listed_;
  AttestationService& attestation_;
  Metrics& metrics_;
  bool was_good_ = true;
};

}  // namespace minions::gateway
