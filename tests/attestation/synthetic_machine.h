// Whole servers made for tests: a machine of each kind with what it measured, its GPUs, tokens and statement, and the
// document that it answers with. All machines of one vendor share that vendor's root. Right in all but what a test
// breaks.
#pragma once

#include "attestation/core/appraise.h"
#include "attestation/synthetic_nvidia.h"
#include "attestation/synthetic_snp.h"
#include "attestation/synthetic_tdx.h"
#include "base/json.h"
#include "crypto/ecdsa.h"

namespace minions::attestation::synthetic {

// One clock for the evidence of all vendors.
inline constexpr UnixSeconds kNow = tdx::kNow;
inline const std::string kMaaIssuer = "https://instance.example";

// What a machine runs, as far as it can be measured.
struct Software {
  std::string firmware = "firmware of the cloud";  // on Azure the paravisor
  std::string kernel = "kernel, initrd";
  std::string root = "root file system";
  // The command line has the hash of the root file system; on Azure it is part of a unified kernel image.
  bool fixes_root = true;
};

struct MachineGpu {
  std::size_t device = 0;  // of the GPUs of the world: each has a key of its own
  nvidia::ReportParts report;
  std::optional<Digest32> nonce;  // another than the statement's
  nvidia::Identity::OcspParts ocsp{.this_update = kNow - 1000, .next_update = kNow + 1000};
  nvidia::Identity::OcspParts ca_ocsp{.this_update = kNow - 1000, .next_update = kNow + 1000};
};

// A connection and a question, as the client has them.
struct Offer {
  Result<AttestationDocument> document;
  std::vector<Digest32> amd_roots;
  std::vector<Digest32> intel_roots;
  std::optional<Nonce> asked;
  ServerConnection connection;
  UnixSeconds now = kNow;

  [[nodiscard]] AttestationResult judged(const AppraisalPolicy& policy) const;
};

class Machine {
 public:
  explicit Machine(std::string_view kind);  // of evidence.h: a CPU's, or simulated

  [[nodiscard]] Offer offer() const;
  [[nodiscard]] bool is_snp() const;
  [[nodiscard]] bool is_azure() const;
  // Another chip of the same vendor.
  void move_to_another_chip();
  [[nodiscard]] Measurement launch_measurement() const;             // MEASUREMENT or MRTD
  [[nodiscard]] static std::string gpu_serial(std::size_t device);  // as tokens state it

  std::string kind;
  Software software;
  crypto::P384PrivateKey operators_key;
  Statement statement;
  std::optional<Nonce> nonce;  // in the document
  std::optional<Nonce> asked;  // by the client
  ServerConnection connection;
  UnixSeconds now = kNow;
  synthetic_snp::Platform snp;
  tdx::Platform td;
  Bytes report_data;  // 64 bytes in place of the protocol's; a vTPM's quote takes the first 32
  std::vector<Bytes> revocation_lists;
  bool has_revocation_list = true;  // of AMD
  synthetic_snp::SigningKey vtpm_key = synthetic_snp::SigningKey::rsa();
  std::optional<Measurement> id_key_digest;  // of the paravisor, in place of Microsoft's
  std::optional<Measurement> measurement;    // in place of the one that follows from the software
  std::optional<Bytes> forged_pcrs;          // PCRs 4, 7 and 11 to 13, whatever runs
  bool secure_boot = true;
  std::vector<MachineGpu> gpus;
  bool has_rims = true;
  bool has_ocsp = true;
  std::vector<Bytes> more_ocsp;
  std::function<void(Json& claims)> maa;  // a token of MAA about this machine, changed before it is signed
  std::function<void(std::vector<Json>& devices)> nras;       // an answer of NRAS about these GPUs, the same way
  std::function<void(AttestationDocument& document)> tamper;  // once all is signed

  // PCRs 4, 7 and 11 to 13.
  [[nodiscard]] Bytes pcrs() const;

 private:
  void add_cpu(AttestationDocument& document) const;
  void add_gpus(AttestationDocument& document) const;
  void sign_gpus(AttestationDocument& document) const;
  void sign_cpu(AttestationDocument& document, Offer& offer) const;
  [[nodiscard]] synthetic_snp::Platform measured_snp() const;
  [[nodiscard]] tdx::Platform measured_td() const;
  void sign_azure(EvidenceItem& item, const BindingChain& chain, Offer& offer, Endorsements& endorsements) const;
  void put_amd(const synthetic_snp::Platform& platform, Offer& offer, Endorsements& endorsements) const;
  [[nodiscard]] std::string maa_token(const BindingChain& chain) const;
  [[nodiscard]] std::string nras_response(const BindingChain& chain) const;
};

}  // namespace minions::attestation::synthetic
