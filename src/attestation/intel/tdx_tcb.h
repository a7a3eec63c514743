// Where a TDX platform stands among Intel's TCB levels: platform, TDX module and quoting enclave, each separately and
// all together. Takes verified input; decides nothing.
#pragma once

#include "attestation/intel/tdx_collateral.h"
#include "attestation/intel/tdx_quote.h"

namespace minions::attestation {

// The union of what both still require: OutOfDate with ConfigurationNeeded is OutOfDateConfigurationNeeded. Revoked
// stays Revoked; OutOfDate covers what a relaunch would fix.
[[nodiscard]] TcbStatus worst(TcbStatus a, TcbStatus b);

// The first level that the PCK and the TD report both reach. kUnsupported: there is none.
[[nodiscard]] Result<TcbStanding> platform_standing(const TcbInfo& info, const PckExtension& pck, const TdBody& body);
// The first level that this SVN reaches. kUnsupported: there is none.
[[nodiscard]] Result<TcbStanding> standing_at(const std::vector<IsvTcbLevel>& levels, std::uint16_t isv_svn);

// Intel's module of the quote's major version. kTampered: the quote's module has another signer or other attributes;
// kUnsupported: Intel names none.
[[nodiscard]] Result<const TdxModuleIdentity*> identify_module(const TcbInfo& info, const TdBody& body);
// kTampered with the field that differs: another enclave wrote the report.
[[nodiscard]] Status check_quoting_enclave(const QeIdentity& identity, const EnclaveReport& report);

struct TdxTcb {
  Result<TcbStanding> platform;
  std::optional<Result<TcbStanding>> module;  // nothing for version 0: its SVNs are among the platform's
  Result<TcbStanding> quoting_enclave;
  // If only launching the TD again is missing (relaunch_status): that, instead of OutOfDate.
  std::optional<TcbStatus> relaunch{};

  // Nothing if one of them is at no level.
  [[nodiscard]] std::optional<TcbStatus> overall() const;
  // The same for the module that the TD was launched under, whatever runs now.
  [[nodiscard]] std::optional<TcbStatus> overall_at_launch() const;
  [[nodiscard]] bool any_revoked() const;
  // Each part with status, date and advisories, or why it has none.
  [[nodiscard]] std::string to_text() const;
};

struct TdxPlatformState {
  const TcbInfo& info;
  const PckExtension& pck;
  const TdBody& body;
};
// TDRelaunchAdvised, with ConfigurationNeeded or without, as Intel's verifier decides it (4.1.2.4.17.4.3): the module
// of the launch is out of date, processor and quoting enclave are not, and TEE_TCB_SVN2, which bodies of TD 1.5 have,
// is at the latest level. Nothing if that does not hold. tcb: as it was at launch.
[[nodiscard]] std::optional<TcbStatus> relaunch_status(const TdxTcb& tcb, const TdxPlatformState& state);

}  // namespace minions::attestation
