#include "attester/fake_vtpm.h"

#include <fmt/format.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

namespace minions::attester {
namespace {

constexpr std::size_t kNvBufferBytes = 1024;  // of swtpm

void need(TSS2_RC code, std::string_view what) {
  if (code != TSS2_RC_SUCCESS) throw std::runtime_error(fmt::format("{}: {}", what, Tss2_RC_Decode(code)));
}

template <class T>
struct EsysMemory {
  EsysMemory() = default;
  EsysMemory(const EsysMemory&) = delete;
  EsysMemory& operator=(const EsysMemory&) = delete;
  ~EsysMemory() { Esys_Free(value); }
  T* value = nullptr;
};

TPM2B_PUBLIC key_template(FakeVtpm::KeyKind kind) {
  TPM2B_PUBLIC out{};
  TPMT_PUBLIC& area = out.publicArea;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_USERWITHAUTH |
                          TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN;
  if (kind == FakeVtpm::KeyKind::kRsa) {
    area.type = TPM2_ALG_RSA;
    area.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
    area.parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
    area.parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256;
    area.parameters.rsaDetail.keyBits = 2048;
  } else {
    area.type = TPM2_ALG_ECC;
    area.parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
    area.parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
    area.parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
    area.parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
    area.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
  }
  return out;
}

}  // namespace

struct FakeVtpm::Connection {
  TSS2_TCTI_CONTEXT* tcti = nullptr;
  ESYS_CONTEXT* esys = nullptr;

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    Esys_Finalize(&esys);
    Tss2_TctiLdr_Finalize(&tcti);
  }
};

FakeVtpm::FakeVtpm(const std::string& tcti) : connection_(std::make_unique<Connection>()) {
  need(Tss2_TctiLdr_Initialize(tcti.c_str(), &connection_->tcti), "open");
  need(Esys_Initialize(&connection_->esys, connection_->tcti, nullptr), "initialize");
}
FakeVtpm::~FakeVtpm() = default;

Bytes FakeVtpm::make_signing_key(TpmHandle handle, KeyKind kind) {
  ESYS_CONTEXT* const esys = connection_->esys;
  const TPM2B_PUBLIC area = key_template(kind);
  const TPM2B_SENSITIVE_CREATE no_password{};
  const TPM2B_DATA no_data{};
  const TPML_PCR_SELECTION no_pcrs{};
  EsysMemory<TPM2B_PUBLIC> made;
  ESYS_TR key = ESYS_TR_NONE;
  need(Esys_CreatePrimary(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_password, &area,
                          &no_data, &no_pcrs, &key, &made.value, nullptr, nullptr, nullptr),
       "create key");
  ESYS_TR persistent = ESYS_TR_NONE;
  need(
      Esys_EvictControl(esys, ESYS_TR_RH_OWNER, key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle, &persistent),
      "keep key");
  need(Esys_FlushContext(esys, key), "flush key");
  need(Esys_TR_Close(esys, &persistent), "close key");
  if (kind == KeyKind::kEcc) return {};
  const TPM2B_PUBLIC_KEY_RSA& modulus = made.value->publicArea.unique.rsa;
  return to_bytes(ByteView(modulus.buffer, modulus.size));
}

void FakeVtpm::define_nv(TpmHandle index, std::size_t size, Readable readable) {
  const TPM2B_AUTH no_password{};
  TPM2B_NV_PUBLIC area{};
  area.nvPublic.nvIndex = index;
  area.nvPublic.nameAlg = TPM2_ALG_SHA256;
  area.nvPublic.attributes =
      TPMA_NV_OWNERWRITE | (readable == Readable::kByOwner ? TPMA_NV_OWNERREAD : TPMA_NV_AUTHREAD);
  area.nvPublic.dataSize = static_cast<std::uint16_t>(size);
  ESYS_TR object = ESYS_TR_NONE;
  need(Esys_NV_DefineSpace(connection_->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                           &no_password, &area, &object),
       "define nv");
  need(Esys_TR_Close(connection_->esys, &object), "close nv");
}

void FakeVtpm::write_nv(TpmHandle index, ByteView content) {
  ESYS_CONTEXT* const esys = connection_->esys;
  ESYS_TR object = ESYS_TR_NONE;
  need(Esys_TR_FromTPMPublic(esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object), "find nv");
  for (std::size_t at = 0; at < content.size(); at += kNvBufferBytes) {
    const ByteView piece = content.subspan(at, std::min(kNvBufferBytes, content.size() - at));
    TPM2B_MAX_NV_BUFFER buffer{};
    buffer.size = static_cast<std::uint16_t>(piece.size());
    std::copy(piece.begin(), piece.end(), buffer.buffer);
    need(Esys_NV_Write(esys, ESYS_TR_RH_OWNER, object, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &buffer,
                       static_cast<std::uint16_t>(at)),
         "write nv");
  }
  need(Esys_TR_Close(esys, &object), "close nv");
}

void FakeVtpm::extend_pcr(std::uint8_t pcr, const Digest32& digest) {
  TPML_DIGEST_VALUES values{};
  values.count = 1;
  values.digests[0].hashAlg = TPM2_ALG_SHA256;
  std::copy(digest.begin(), digest.end(), values.digests[0].digest.sha256);
  need(Esys_PCR_Extend(connection_->esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &values),
       "extend pcr");
}

}  // namespace minions::attester
