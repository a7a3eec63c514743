// Takes a new certificate into use without a client that refuses it. A certificate of the same key serves at once. The
// key of another is listed in the statements from the next epoch on, and the certificate serves once no statement
// without it takes handshakes any more: clients compare the key of their connection with those of the statement.
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

  // Reads the files again. What was read before stays if that fails, a waiting certificate, too.
  void reload();
  // Takes the waiting certificate into use if its time has come, and tells once where the one in use is not valid.
  // About once a second, on the thread of reload().
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
