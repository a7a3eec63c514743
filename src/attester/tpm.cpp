#include "attester/tpm.h"

#include <fmt/format.h>

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include <cstdlib>

#include "base/byte_io.h"

namespace minions::attester {
namespace {

// What ESYS returns must be freed with Esys_Free.
struct FreeEsys {
  void operator()(void* memory) const { Esys_Free(memory); }
};
template <class T>
using EsysPtr = std::unique_ptr<T, FreeEsys>;

// For an out-parameter of a C function: EsysOut(to) is the T** whose result is moved into it.
template <class T>
class EsysOut {
 public:
  explicit EsysOut(EsysPtr<T>& to) : to_(to) {}
  EsysOut(const EsysOut&) = delete;
  EsysOut& operator=(const EsysOut&) = delete;
  ~EsysOut() { to_.reset(raw_); }
  operator T**() { return &raw_; }

 private:
  EsysPtr<T>& to_;
  T* raw_ = nullptr;
};

// Errors about a handle have the handle's number in bits 8 to 10.
bool is_missing(TSS2_RC code) {
  return (code & TSS2_RC_LAYER_MASK) == 0 && (code & (TPM2_RC_FMT1 | 0x3F)) == TPM2_RC_HANDLE;
}

Status checked(TSS2_RC code, std::string_view what) {
  if (code == TSS2_RC_SUCCESS) return {};
  return fail(is_missing(code) ? ErrorCode::kNotFound : ErrorCode::kIo,
              fmt::format("tpm: {}: {} ({:#x})", what, Tss2_RC_Decode(code), code));
}

template <class T>
Result<Bytes> marshalled(const T& object, TSS2_RC (*marshal)(const T*, std::uint8_t[], std::size_t, std::size_t*),
                         std::string_view what) {
  Bytes out(sizeof(T));
  std::size_t size = 0;
  MINIONS_TRY(checked(marshal(&object, out.data(), out.size(), &size), what));
  out.resize(size);
  return out;
}

// A TPM2B of fixed capacity from bytes of any length.
template <class T>
Result<T> sized(ByteView bytes, std::string_view what) {
  T out{};
  if (bytes.size() > std::size(out.buffer)) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("tpm: {}: want at most {} bytes, found {}", what, std::size(out.buffer), bytes.size()));
  }
  out.size = static_cast<std::uint16_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), out.buffer);
  return out;
}

TPML_PCR_SELECTION selection_of(const PcrSelection& pcrs) {
  TPML_PCR_SELECTION selection{};
  selection.count = 1;
  TPMS_PCR_SELECTION& bank = selection.pcrSelections[0];
  bank.hash = TPM2_ALG_SHA256;
  bank.sizeofSelect = kPcrCount / 8;
  for (const std::uint8_t pcr : pcrs) bank.pcrSelect[pcr / 8] |= static_cast<std::uint8_t>(1U << pcr % 8);
  return selection;
}

// Removes from the selection what a reading has returned.
void remove(TPML_PCR_SELECTION& from, const TPML_PCR_SELECTION& read) {
  for (std::size_t i = 0; i < kPcrCount / 8; ++i)
    from.pcrSelections[0].pcrSelect[i] &= static_cast<std::uint8_t>(~read.pcrSelections[0].pcrSelect[i]);
}

bool is_empty(const TPML_PCR_SELECTION& selection) {
  const auto* bits = selection.pcrSelections[0].pcrSelect;
  return std::all_of(bits, bits + kPcrCount / 8, [](std::uint8_t byte) { return byte == 0; });
}

constexpr TPMT_SIG_SCHEME kOwnScheme = {.scheme = TPM2_ALG_NULL, .details = {}};  // the key has one

// Transport keys meet the requirements of Azure's attestation service: no password, used only through their PCR policy.
TPM2B_PUBLIC transport_template(const TPM2B_DIGEST& policy) {
  TPM2B_PUBLIC out{};
  TPMT_PUBLIC& area = out.publicArea;
  area.type = TPM2_ALG_RSA;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                          TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_NODA;
  area.authPolicy = policy;
  area.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
  area.parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSAES;
  area.parameters.rsaDetail.keyBits = 2048;
  area.unique.rsa.size = 256;
  return out;
}

}  // namespace

void quiet_tpm_library() { ::setenv("TSS2_LOG", "all+NONE", 0); }

class Tpm::Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    Esys_Finalize(&esys_);
    Tss2_TctiLdr_Finalize(&tcti_);
  }

  [[nodiscard]] Status open(const std::string& tcti) {
    MINIONS_TRY(checked(Tss2_TctiLdr_Initialize(tcti.c_str(), &tcti_), "open"));
    return checked(Esys_Initialize(&esys_, tcti_, nullptr), "initialize");
  }
  [[nodiscard]] ESYS_CONTEXT* get() { return esys_; }

 private:
  TSS2_TCTI_CONTEXT* tcti_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
};

namespace {

enum class Ending { kForget, kFlush };

// ESYS's number for an object or session. Flushes what the TPM created for us; only forgets what the TPM keeps.
class Object {
 public:
  Object(ESYS_CONTEXT* esys, Ending ending) : esys_(esys), ending_(ending) {}
  Object(Object&& other) noexcept
      : esys_(other.esys_), ending_(other.ending_), handle_(std::exchange(other.handle_, ESYS_TR_NONE)) {}
  Object& operator=(Object&&) = delete;
  ~Object() {
    if (handle_ == ESYS_TR_NONE) return;
    if (ending_ == Ending::kFlush) {
      static_cast<void>(Esys_FlushContext(esys_, handle_));
    } else {
      static_cast<void>(Esys_TR_Close(esys_, &handle_));
    }
  }
  [[nodiscard]] ESYS_TR* out() { return &handle_; }
  [[nodiscard]] ESYS_TR get() const { return handle_; }

 private:
  ESYS_CONTEXT* esys_;
  Ending ending_;
  ESYS_TR handle_ = ESYS_TR_NONE;
};

Result<Object> find(ESYS_CONTEXT* esys, TpmHandle handle) {
  Object object(esys, Ending::kForget);
  const TSS2_RC code = Esys_TR_FromTPMPublic(esys, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, object.out());
  MINIONS_TRY(checked(code, fmt::format("handle {:#010x}", handle)));
  return object;
}

Result<EsysPtr<TPM2B_PUBLIC>> read_public(ESYS_CONTEXT* esys, TpmHandle handle) {
  MINIONS_TRY_ASSIGN(const Object object, find(esys, handle));
  EsysPtr<TPM2B_PUBLIC> area;
  MINIONS_TRY(checked(
      Esys_ReadPublic(esys, object.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, EsysOut(area), nullptr, nullptr),
      fmt::format("read public {:#010x}", handle)));
  return area;
}

// The most that the TPM moves in one NV command.
Result<std::uint16_t> nv_buffer_bytes(ESYS_CONTEXT* esys) {
  EsysPtr<TPMS_CAPABILITY_DATA> data;
  TPMI_YES_NO more = 0;
  MINIONS_TRY(checked(Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES,
                                         TPM2_PT_NV_BUFFER_MAX, 1, &more, EsysOut(data)),
                      "capability"));
  const TPML_TAGGED_TPM_PROPERTY& properties = data->data.tpmProperties;
  constexpr std::uint32_t kLeast = 512;  // what every PC's TPM moves
  const bool told = properties.count == 1 && properties.tpmProperty[0].property == TPM2_PT_NV_BUFFER_MAX;
  const std::uint32_t bytes = told ? properties.tpmProperty[0].value : kLeast;
  return static_cast<std::uint16_t>(std::clamp<std::uint32_t>(bytes, 1, TPM2_MAX_NV_BUFFER_SIZE));
}

Result<SignedQuote> take_quote(ESYS_CONTEXT* esys, const Object& key, const TPML_PCR_SELECTION& selection,
                               const TPM2B_DATA& qualifying_data) {
  EsysPtr<TPM2B_ATTEST> attest;
  EsysPtr<TPMT_SIGNATURE> signature;
  MINIONS_TRY(checked(Esys_Quote(esys, key.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &qualifying_data,
                                 &kOwnScheme, &selection, EsysOut(attest), EsysOut(signature)),
                      "quote"));
  MINIONS_TRY_ASSIGN(Bytes tag, marshalled(*signature, Tss2_MU_TPMT_SIGNATURE_Marshal, "signature"));
  return SignedQuote{{attest->attestationData, attest->attestationData + attest->size}, std::move(tag)};
}

// With several commands: a TPM returns eight values at once.
Result<Bytes> read_pcrs(ESYS_CONTEXT* esys, TPML_PCR_SELECTION left) {
  Bytes values;
  while (!is_empty(left)) {
    EsysPtr<TPML_PCR_SELECTION> read;
    EsysPtr<TPML_DIGEST> digests;
    std::uint32_t counter = 0;
    MINIONS_TRY(checked(
        Esys_PCR_Read(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &left, &counter, EsysOut(read), EsysOut(digests)),
        "pcr read"));
    if (read->count != 1 || digests->count == 0)
      return fail(ErrorCode::kUnsupported, "tpm: pcr read: no SHA-256 bank, or not all of 24 PCRs in it");
    for (std::uint32_t i = 0; i < digests->count; ++i)
      append(values, ByteView(digests->digests[i].buffer, digests->digests[i].size));
    remove(left, *read);
  }
  return values;
}

// A session bound to the PCRs as they are now: for a policy's digest (trial) or for using a key that has it.
Result<Object> pcr_session(ESYS_CONTEXT* esys, const PcrSelection& pcrs, TPM2_SE type) {
  constexpr TPMT_SYM_DEF kNoEncryption = {.algorithm = TPM2_ALG_NULL, .keyBits = {}, .mode = {}};
  Object session(esys, Ending::kFlush);
  MINIONS_TRY(checked(Esys_StartAuthSession(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                            nullptr, type, &kNoEncryption, TPM2_ALG_SHA256, session.out()),
                      "session"));
  const TPM2B_DIGEST as_they_are{};
  const TPML_PCR_SELECTION selection = selection_of(pcrs);
  MINIONS_TRY(
      checked(Esys_PolicyPCR(esys, session.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &as_they_are, &selection),
              "pcr policy"));
  return session;
}

struct LoadedKey {
  Object object;
  EsysPtr<TPM2B_PUBLIC> area;
};

Result<LoadedKey> load_transport_key(ESYS_CONTEXT* esys, const PcrSelection& pcrs) {
  EsysPtr<TPM2B_DIGEST> policy;
  {
    MINIONS_TRY_ASSIGN(const Object trial, pcr_session(esys, pcrs, TPM2_SE_TRIAL));
    MINIONS_TRY(
        checked(Esys_PolicyGetDigest(esys, trial.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, EsysOut(policy)),
                "policy digest"));
  }
  const TPM2B_PUBLIC area = transport_template(*policy);
  const TPM2B_SENSITIVE_CREATE no_password{};
  const TPM2B_DATA no_data{};
  const TPML_PCR_SELECTION no_pcrs{};
  LoadedKey key{Object(esys, Ending::kFlush), nullptr};
  MINIONS_TRY(checked(
      Esys_CreatePrimary(esys, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_password, &area,
                         &no_data, &no_pcrs, key.object.out(), EsysOut(key.area), nullptr, nullptr, nullptr),
      "create transport key"));
  return key;
}

}  // namespace

Tpm::Tpm(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Tpm::Tpm(Tpm&&) noexcept = default;
Tpm& Tpm::operator=(Tpm&&) noexcept = default;
Tpm::~Tpm() = default;

Result<Tpm> Tpm::open(const std::string& tcti) {
  auto connection = std::make_unique<Connection>();
  if (const Status opened = connection->open(tcti); !opened)
    return fail(ErrorCode::kNotFound, fmt::format("{}: {}", tcti, opened.error().detail));
  return Tpm(std::move(connection));
}

Result<Bytes> Tpm::read_nv(TpmHandle index) {
  ESYS_CONTEXT* const esys = connection_->get();
  const std::string what = fmt::format("nv index {:#010x}", index);
  MINIONS_TRY_ASSIGN(const Object object, find(esys, index));
  EsysPtr<TPM2B_NV_PUBLIC> area;
  MINIONS_TRY(checked(
      Esys_NV_ReadPublic(esys, object.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, EsysOut(area), nullptr), what));
  const TPMA_NV attributes = area->nvPublic.attributes;
  if ((attributes & TPMA_NV_WRITTEN) == 0)
    return fail(ErrorCode::kNotFound, fmt::format("tpm: {}: nothing was written to it", what));
  const ESYS_TR authority = (attributes & TPMA_NV_OWNERREAD) != 0 ? ESYS_TR{ESYS_TR_RH_OWNER} : object.get();
  MINIONS_TRY_ASSIGN(const std::uint16_t chunk, nv_buffer_bytes(esys));
  const std::size_t size = area->nvPublic.dataSize;
  Bytes out;
  while (out.size() < size) {
    const auto want = static_cast<std::uint16_t>(std::min<std::size_t>(chunk, size - out.size()));
    EsysPtr<TPM2B_MAX_NV_BUFFER> read;
    MINIONS_TRY(checked(Esys_NV_Read(esys, authority, object.get(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, want,
                                     static_cast<std::uint16_t>(out.size()), EsysOut(read)),
                        what));
    if (read->size != want)
      return fail(ErrorCode::kIo, fmt::format("tpm: {}: want {} bytes, found {}", what, want, read->size));
    append(out, ByteView(read->buffer, read->size));
  }
  return out;
}

Result<crypto::PublicKey> Tpm::public_key(TpmHandle key) {
  MINIONS_TRY_ASSIGN(const EsysPtr<TPM2B_PUBLIC> area, read_public(connection_->get(), key));
  const TPMT_PUBLIC& rsa = area->publicArea;
  if (rsa.type != TPM2_ALG_RSA) {
    return fail(ErrorCode::kUnsupported, fmt::format("tpm: key {:#010x}: want RSA (0x1), found {:#x}", key, rsa.type));
  }
  const std::uint32_t exponent = rsa.parameters.rsaDetail.exponent == 0 ? 65537 : rsa.parameters.rsaDetail.exponent;
  Bytes big_endian;
  append_be(big_endian, exponent);
  return crypto::PublicKey::from_rsa(ByteView(rsa.unique.rsa.buffer, rsa.unique.rsa.size), big_endian);
}

Result<Bytes> Tpm::public_area(TpmHandle key) {
  MINIONS_TRY_ASSIGN(const EsysPtr<TPM2B_PUBLIC> area, read_public(connection_->get(), key));
  return marshalled(*area, Tss2_MU_TPM2B_PUBLIC_Marshal, "public area");
}

Result<PcrQuote> Tpm::quote(TpmHandle key, const PcrSelection& pcrs, ByteView qualifying_data) {
  ESYS_CONTEXT* const esys = connection_->get();
  MINIONS_TRY_ASSIGN(const Object signer, find(esys, key));
  MINIONS_TRY_ASSIGN(const auto data, sized<TPM2B_DATA>(qualifying_data, "qualifying data"));
  const TPML_PCR_SELECTION selection = selection_of(pcrs);
  return quote_with_values([&] { return take_quote(esys, signer, selection, data); },
                           [&] { return read_pcrs(esys, selection); });
}

Result<TpmTransportKey> Tpm::transport_key(const PcrSelection& pcrs, TpmHandle signer) {
  ESYS_CONTEXT* const esys = connection_->get();
  MINIONS_TRY_ASSIGN(const Object signing_key, find(esys, signer));
  MINIONS_TRY_ASSIGN(const LoadedKey key, load_transport_key(esys, pcrs));
  const TPM2B_DATA no_data{};
  EsysPtr<TPM2B_ATTEST> certification;
  EsysPtr<TPMT_SIGNATURE> signature;
  MINIONS_TRY(checked(Esys_Certify(esys, key.object.get(), signing_key.get(), ESYS_TR_PASSWORD, ESYS_TR_PASSWORD,
                                   ESYS_TR_NONE, &no_data, &kOwnScheme, EsysOut(certification), EsysOut(signature)),
                      "certify transport key"));
  TpmTransportKey out;
  MINIONS_TRY_ASSIGN(out.public_area, marshalled(*key.area, Tss2_MU_TPM2B_PUBLIC_Marshal, "public area"));
  MINIONS_TRY_ASSIGN(out.certification_tag, marshalled(*signature, Tss2_MU_TPMT_SIGNATURE_Marshal, "signature"));
  out.certification = to_bytes(ByteView(certification->attestationData, certification->size));
  return out;
}

Result<crypto::SecretText> Tpm::open_with_transport_key(const PcrSelection& pcrs, ByteView ciphertext) {
  ESYS_CONTEXT* const esys = connection_->get();
  MINIONS_TRY_ASSIGN(const auto sealed, sized<TPM2B_PUBLIC_KEY_RSA>(ciphertext, "sealed key"));
  MINIONS_TRY_ASSIGN(const LoadedKey key, load_transport_key(esys, pcrs));
  MINIONS_TRY_ASSIGN(const Object session, pcr_session(esys, pcrs, TPM2_SE_POLICY));
  constexpr TPMT_RSA_DECRYPT kScheme = {.scheme = TPM2_ALG_RSAES, .details = {}};
  const TPM2B_DATA no_label{};
  EsysPtr<TPM2B_PUBLIC_KEY_RSA> opened;
  MINIONS_TRY(checked(Esys_RSA_Decrypt(esys, key.object.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, &sealed,
                                       &kScheme, &no_label, EsysOut(opened)),
                      "open sealed key"));
  crypto::SecretText out(std::string(as_text(ByteView(opened->buffer, opened->size))));
  crypto::wipe(MutableBytes(opened->buffer, opened->size));
  return out;
}

}  // namespace minions::attester
