#include "attestation/intel/tdx_tcb.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "base/encoding.h"

namespace minions::attestation {
namespace {

bool each_at_least(ByteView found, ByteView least) {
  return std::equal(found.begin(), found.end(), least.begin(), least.end(), std::greater_equal<>());
}

bool hardware_reaches(const PlatformTcbLevel& level, const PckExtension& pck) {
  return each_at_least(pck.components, level.sgx_components) && pck.pce_svn >= level.pce_svn;
}

bool reaches(const PlatformTcbLevel& level, const PckExtension& pck, const TdBody& body) {
  // With a module of version 1 or later the first two SVNs are the module's own, judged by its identity.
  const std::size_t first = body.tee_tcb_svn[1] > 0 ? 2 : 0;
  return hardware_reaches(level, pck) &&
         each_at_least(ByteView(body.tee_tcb_svn).subspan(first), ByteView(level.tdx_components).subspan(first));
}

// The first level that the processor reaches, whatever the TD report states.
Result<TcbStanding> hardware_standing(const TcbInfo& info, const PckExtension& pck) {
  for (const PlatformTcbLevel& level : info.levels) {
    if (hardware_reaches(level, pck)) return level.standing;
  }
  return fail(ErrorCode::kUnsupported, "no TCB level");
}

std::string module_id(std::uint8_t version) { return fmt::format("TDX_{:02X}", version); }

// Whether module and SEAM loader of these SVNs are those of Intel's first, and best, levels.
bool is_latest(const ByteArray<16>& tee_tcb_svn, const TcbInfo& info) {
  if (info.levels.empty() || tee_tcb_svn[2] < info.levels.front().tdx_components[2]) return false;
  if (tee_tcb_svn[1] == 0) return tee_tcb_svn[0] >= info.levels.front().tdx_components[0];
  const auto module = std::find_if(info.modules.begin(), info.modules.end(), [&](const TdxModuleIdentity& candidate) {
    return candidate.id == module_id(tee_tcb_svn[1]);
  });
  return module != info.modules.end() && !module->levels.empty() && tee_tcb_svn[0] >= module->levels.front().isv_svn;
}

bool equal_masked(ByteView found, ByteView want, ByteView mask) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    if ((found[i] & mask[i]) != want[i]) return false;
  }
  return true;
}

tl::unexpected<Error> differs(std::string_view field, ByteView want, ByteView found) {
  return fail(ErrorCode::kTampered, fmt::format("{}: want {}, found {}", field, to_hex(want), to_hex(found)));
}

std::string text_of(std::string_view part, const Result<TcbStanding>& standing) {
  if (!standing) return fmt::format("{}: {}", part, standing.error().detail);
  std::string text =
      fmt::format("{} {} of {}", part, name_of(standing->status), to_iso8601(standing->date).substr(0, 10));
  if (!standing->advisories.empty()) text += fmt::format(" ({})", fmt::join(standing->advisories, ", "));
  return text;
}

std::vector<const Result<TcbStanding>*> parts_of(const TdxTcb& tcb) {
  std::vector<const Result<TcbStanding>*> parts = {&tcb.platform, &tcb.quoting_enclave};
  if (tcb.module) parts.push_back(&*tcb.module);
  return parts;
}

}  // namespace

TcbStatus worst(TcbStatus a, TcbStatus b) {
  if (a == TcbStatus::kRevoked || b == TcbStatus::kRevoked) return TcbStatus::kRevoked;
  const unsigned both = static_cast<unsigned>(a) | static_cast<unsigned>(b);
  const bool out_of_date = (both & static_cast<unsigned>(TcbStatus::kOutOfDate)) != 0;
  // An update brings the hardened software with it, so there is no status for both; a relaunch alone does not update.
  const unsigned software = static_cast<unsigned>(TcbStatus::kSwHardeningNeeded);
  const unsigned relaunch = static_cast<unsigned>(TcbStatus::kTdRelaunchAdvised);
  if (out_of_date) return static_cast<TcbStatus>(both & ~software & ~relaunch);
  return static_cast<TcbStatus>((both & relaunch) != 0 ? both & ~software : both);
}

Result<TcbStanding> platform_standing(const TcbInfo& info, const PckExtension& pck, const TdBody& body) {
  for (const PlatformTcbLevel& level : info.levels) {
    if (reaches(level, pck, body)) return level.standing;
  }
  return fail(ErrorCode::kUnsupported, fmt::format("no TCB level for components {}, PCESVN {} and TEE TCB SVN {}",
                                                   to_hex(pck.components), pck.pce_svn, to_hex(body.tee_tcb_svn)));
}

Result<TcbStanding> standing_at(const std::vector<IsvTcbLevel>& levels, std::uint16_t isv_svn) {
  for (const IsvTcbLevel& level : levels) {
    if (isv_svn >= level.isv_svn) return level.standing;
  }
  return fail(ErrorCode::kUnsupported, fmt::format("no TCB level for SVN {}", isv_svn));
}

Result<const TdxModuleIdentity*> identify_module(const TcbInfo& info, const TdBody& body) {
  const TdxModuleIdentity* module = &info.module_0;
  if (const std::uint8_t version = body.tee_tcb_svn[1]; version > 0) {
    const std::string id = module_id(version);
    const auto found = std::find_if(info.modules.begin(), info.modules.end(),
                                    [&](const TdxModuleIdentity& candidate) { return candidate.id == id; });
    if (found == info.modules.end()) return fail(ErrorCode::kUnsupported, fmt::format("no identity {}", id));
    module = &*found;
  }
  if (body.mr_signer_seam != module->mr_signer)
    return differs("signer of the TDX module", module->mr_signer, body.mr_signer_seam);
  if (!equal_masked(body.seam_attributes, module->attributes, module->attributes_mask))
    return differs("SEAM attributes", module->attributes, body.seam_attributes);
  return module;
}

Status check_quoting_enclave(const QeIdentity& identity, const EnclaveReport& report) {
  if (report.mr_signer != identity.mr_signer) return differs("MRSIGNER", identity.mr_signer, report.mr_signer);
  if (report.isv_prod_id != identity.isv_prod_id) {
    return fail(ErrorCode::kTampered,
                fmt::format("ISVPRODID: want {}, found {}", identity.isv_prod_id, report.isv_prod_id));
  }
  if (!equal_masked(report.misc_select, identity.misc_select, identity.misc_select_mask))
    return differs("MISCSELECT", identity.misc_select, report.misc_select);
  if (!equal_masked(report.attributes, identity.attributes, identity.attributes_mask))
    return differs("ATTRIBUTES", identity.attributes, report.attributes);
  return {};
}

std::optional<TcbStatus> TdxTcb::overall() const { return relaunch ? relaunch : overall_at_launch(); }

std::optional<TcbStatus> TdxTcb::overall_at_launch() const {
  TcbStatus status = TcbStatus::kUpToDate;
  for (const auto* part : parts_of(*this)) {
    if (!*part) return std::nullopt;
    status = worst(status, (*part)->status);
  }
  return status;
}

bool TdxTcb::any_revoked() const {
  const auto parts = parts_of(*this);
  return std::any_of(parts.begin(), parts.end(),
                     [](const auto* part) { return *part && (*part)->status == TcbStatus::kRevoked; });
}

std::string TdxTcb::to_text() const {
  std::string text = text_of("platform", platform) + "; ";
  if (module) text += text_of("TDX module", *module) + "; ";
  text += text_of("quoting enclave", quoting_enclave);
  return relaunch ? text + "; the TDX module that runs now is at the latest level" : text;
}

std::optional<TcbStatus> relaunch_status(const TdxTcb& tcb, const TdxPlatformState& state) {
  using enum TcbStatus;
  const auto& now = state.body.tee_tcb_svn2;
  if (!now || !tcb.module || !*tcb.module || !tcb.quoting_enclave) return std::nullopt;
  const auto launch = tcb.overall_at_launch();
  const auto hardware = hardware_standing(state.info, state.pck);
  if (!launch || *launch == kRevoked || (*tcb.module)->status != kOutOfDate ||
      tcb.quoting_enclave->status != kUpToDate || !hardware || hardware->status > kConfigurationAndSwHardeningNeeded ||
      !is_latest(*now, state.info)) {
    return std::nullopt;
  }
  const unsigned configuration = (static_cast<unsigned>(*launch) | static_cast<unsigned>(hardware->status)) &
                                 static_cast<unsigned>(kConfigurationNeeded);
  return static_cast<TcbStatus>(configuration | static_cast<unsigned>(kTdRelaunchAdvised));
}

}  // namespace minions::attestation
