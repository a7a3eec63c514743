// GPUs and reference values as their vendor would make them, with keys of the test's own: everything valid unless a
// test changes it, and signed after the change.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "attestation/nvidia/gpu.h"

struct evp_pkey_st;
struct x509_st;

namespace minions::attestation::nvidia {

// A P-384 key and its certificate.
class Identity {
 public:
  struct Options {
    const Identity* issuer = nullptr;  // none: self-signed
    bool is_ca = true;
    UnixSeconds not_before = 1'700'000'000;
    UnixSeconds not_after = 1'900'000'000;
    std::map<std::string, Bytes> extensions = {};  // DER by OID
    const char* curve = "P-384";
  };
  Identity(const std::string& name, const Options& options);

  [[nodiscard]] Bytes sign(ByteView message) const;  // r || s, SHA-384
  // An OCSP response in DER that this key signs, with its certificate in it.
  struct OcspParts {
    int status = 0;  // V_OCSP_CERTSTATUS_GOOD, _REVOKED, _UNKNOWN
    UnixSeconds this_update = 1'799'999'000;
    UnixSeconds next_update = 1'800'001'000;
    int reason = 0;        // of a revocation
    bool sha1_id = false;  // else SHA-384 identifies the certificate
  };
  [[nodiscard]] Bytes answer(const Identity& subject, const Identity& issuer, const OcspParts& parts) const;
  [[nodiscard]] Bytes der() const;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] Digest32 sha256() const;
  [[nodiscard]] Bytes spki() const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
};

// What a GPU answers, field by field.
struct ReportParts {
  struct Block {
    std::uint8_t index;
    Bytes value;
    std::uint8_t specification = 1;
    std::uint8_t type = 1;
    int size_error = 0;  // added to the block's size
  };
  ReportParts();

  Bytes request_head = {0x11, 0xE0, 1, 0xFF};
  Bytes nonce = Bytes(32, 0xA5);
  std::uint8_t slot = 0;
  Bytes response_head = {0x11, 0x60, 0, 0};
  std::vector<Block> blocks;  // 64, the value of index i being 48 bytes of i
  int count_error = 0;        // added to the number of blocks
  int record_error = 0;       // added to the record's length
  std::vector<std::pair<std::uint16_t, Bytes>> opaque;
  int opaque_error = 0;

  [[nodiscard]] Bytes encode() const;  // without the signature
  void set_opaque(std::uint16_t type, const Bytes& data);
  void drop_opaque(std::uint16_t type);
};

// DER of the two extensions that name the firmware.
[[nodiscard]] Bytes composite_device_id(const Bytes& fwid);
// flags: the first byte of its OperationalFlags; 0x80 is notConfigured, as genuine certificates have.
[[nodiscard]] Bytes dice_tcb_info(const Bytes& fwid, std::uint8_t flags = 0x80);

// Signs documents that are in canonical form already.
class RimSigner {
 public:
  explicit RimSigner(const Identity::Options& leaf = {.is_ca = false});

  // The texts between which a signature is put, before </SoftwareIdentity>. `edit` changes SignedInfo before it is
  // signed; its elements stand there as canonical XML has them.
  using Edit = std::function<std::string(std::string)>;
  [[nodiscard]] std::string sign(const std::string& document, const Edit& edit = nullptr) const;
  // The Signature element for a document, to be put elsewhere.
  [[nodiscard]] std::string signature(const std::string& document, const Edit& edit = nullptr) const;
  [[nodiscard]] const std::vector<Digest32>& roots() const { return roots_; }
  // About the signer, by its authority, and about that, by the root.
  [[nodiscard]] std::vector<Bytes> answers(const Identity::OcspParts& about_signer = {},
                                           const Identity::OcspParts& about_ca = {}) const;

 private:
  Identity root_;
  Identity ca_;
  Identity leaf_;
  std::vector<Digest32> roots_;
};

// A RIM in canonical form, to be signed.
struct RimParts {
  std::string version = "550.1.02";
  // By RIM index: active, and the values in hex.
  struct Resource {
    std::string active = "True";
    std::vector<std::string> values;
  };
  std::map<int, Resource> resources;

  [[nodiscard]] std::string document() const;
};
// Active at these indices with what ReportParts has there.
[[nodiscard]] RimParts rim_of(const std::string& version, const std::vector<int>& indices);

// The most that a file may have of what canonical XML takes the square of.
[[nodiscard]] std::string costly_xml();

// A GPU with its chain, its RIMs and the rules, judged.
struct Gpu {
  Gpu();

  ReportParts report;
  std::function<void(Bytes&)> after_signing;  // changes the encoded report
  Bytes fwid = Bytes(48, 0x77);
  std::map<std::string, Bytes> leaf_extensions;  // by OID; at first a CompositeDeviceID of fwid
  std::vector<std::string> rims;                 // signed files
  std::optional<Digest32> nonce;
  GpuRules rules;
  UnixSeconds now = 1'800'000'000;
  UnixSeconds leaf_not_after = 1'900'000'000;
  bool foreign_root = false;
  // Gives the OCSP answers about a chain that was made: leaf, CA, root.
  std::function<std::vector<Bytes>(const Identity& leaf, const Identity& ca, const Identity& root)> ocsp;
  // Those about the signer of the RIMs, beside them.
  std::optional<std::vector<Bytes>> rim_answers;  // nothing: good ones, where `ocsp` gives any
  std::uint64_t leeway_s = 0;
  std::string chain_suffix;  // PEM or what is not
  TokenBeside token = TokenBeside::kNone;

  // Id of the first failing check without its first two parts, or "accepted".
  [[nodiscard]] std::string failure();
  [[nodiscard]] const Check& check(std::string_view name) const;

  RimSigner signer;
  std::vector<Check> checks;
  std::optional<Digest32> key;  // what the last judgement gave
  Bytes spki;                   // of the leaf it had
};

[[nodiscard]] std::string first_failure(const std::vector<Check>& checks);
[[nodiscard]] std::string to_text(const std::vector<Check>& checks);

}  // namespace minions::attestation::nvidia
