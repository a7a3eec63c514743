#include "attestation/intel/tdx_collateral.h"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "attestation/core/result.h"
#include "base/encoding.h"
#include "crypto/der.h"

namespace minions::attestation {
namespace {

constexpr std::size_t kJsonLimitBytes = std::size_t{256} * 1024;
constexpr std::size_t kLevelsLimit = 256;

struct NamedStatus {
  TcbStatus status;
  std::string_view name;
};
constexpr NamedStatus kStatuses[] = {
    {TcbStatus::kUpToDate, "UpToDate"},
    {TcbStatus::kSwHardeningNeeded, "SWHardeningNeeded"},
    {TcbStatus::kConfigurationNeeded, "ConfigurationNeeded"},
    {TcbStatus::kConfigurationAndSwHardeningNeeded, "ConfigurationAndSWHardeningNeeded"},
    {TcbStatus::kOutOfDate, "OutOfDate"},
    {TcbStatus::kOutOfDateConfigurationNeeded, "OutOfDateConfigurationNeeded"},
    {TcbStatus::kRevoked, "Revoked"},
    {TcbStatus::kTdRelaunchAdvised, "TDRelaunchAdvised"},
    {TcbStatus::kTdRelaunchAdvisedConfigurationNeeded, "TDRelaunchAdvisedConfigurationNeeded"},
};

tl::unexpected<Error> malformed(std::string_view name, std::string_view want, std::string_view found) {
  return fail(ErrorCode::kMalformed, fmt::format("{}: want {}, found {}", name, want, shown(found)));
}

Status require_text(const Json& object, std::string_view name, std::string_view want) {
  MINIONS_TRY_ASSIGN(const std::string found, string_member(object, name));
  if (found == want) return {};
  return malformed(name, want, found);
}

Status require_number(const Json& object, std::string_view name, std::uint64_t want) {
  MINIONS_TRY_ASSIGN(const std::uint64_t found, integer_member(object, name));
  if (found == want) return {};
  return fail(ErrorCode::kMalformed, fmt::format("{}: want {}, found {}", name, want, found));
}

template <std::unsigned_integral T>
Result<T> small_number(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(const std::uint64_t found, integer_member(object, name));
  if (found > std::numeric_limits<T>::max()) {
    return fail(ErrorCode::kMalformed,
                fmt::format("{}: want at most {}, found {}", name, std::numeric_limits<T>::max(), found));
  }
  return static_cast<T>(found);
}

// Intel writes hex in both cases.
template <std::size_t N>
Result<ByteArray<N>> hex_member(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(std::string text, string_member(object, name));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  return exactly<N>(from_hex(text)).map_error([&](Error error) { return std::move(error).in(name); });
}

bool has_shape_of_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  return std::equal(text.begin(), text.end(), kShape.begin(), kShape.end(),
                    [](char c, char shape) { return shape == '0' ? c >= '0' && c <= '9' : c == shape; });
}

// 2025-06-19T10:16:03Z and nothing else.
Result<UnixSeconds> time_member(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(const std::string text, string_member(object, name));
  if (!has_shape_of_time(text)) return malformed(name, "a time in UTC", text);
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) value = 10 * value + (text[i] - '0');
    return value;
  };
  const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2))));
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return malformed(name, "a time in UTC", text);
  const auto days = std::chrono::sys_days(day).time_since_epoch().count();
  return UnixSeconds{days} * 86'400 + hour * 3'600 + minute * 60 + second;
}

template <class T, class Parse>
Result<std::vector<T>> list_member(const Json& object, std::string_view name, const Parse& parse) {
  MINIONS_TRY_ASSIGN(const Json* array, array_member(object, name));
  if (array->size() > kLevelsLimit)
    return fail(ErrorCode::kTooLarge, fmt::format("{}: {} entries, at most {}", name, array->size(), kLevelsLimit));
  std::vector<T> list;
  for (const Json& entry : *array) {
    auto parsed =
        entry.is_object() ? Result<T>(parse(entry)) : Result<T>(malformed("entry", "an object", entry.type_name()));
    if (!parsed) return fail(std::move(parsed).error().in(fmt::format("{}[{}]", name, list.size())));
    list.push_back(*std::move(parsed));
  }
  return list;
}

// INTEL-SA-00960: shown on screens unchanged.
bool is_advisory_id(std::string_view text) {
  constexpr std::size_t kLimit = 32;
  return text.size() <= kLimit && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Result<std::vector<std::string>> parse_advisories(const Json& level) {
  std::vector<std::string> advisories;
  if (!level.contains("advisoryIDs")) return advisories;
  MINIONS_TRY_ASSIGN(const Json* array, array_member(level, "advisoryIDs"));
  for (const Json& entry : *array) {
    if (!entry.is_string()) return malformed("advisoryIDs", "strings", entry.type_name());
    const auto& id = entry.get_ref<const std::string&>();
    if (!is_advisory_id(id)) return malformed("advisoryIDs", "letters, digits and hyphens", id);
    advisories.push_back(id);
  }
  return advisories;
}

Result<TcbStanding> parse_standing(const Json& level) {
  TcbStanding standing;
  MINIONS_TRY_ASSIGN(const std::string name, string_member(level, "tcbStatus"));
  const auto status = tcb_status_named(name);
  const bool of_a_level = status && *status <= TcbStatus::kRevoked;
  if (!of_a_level) return malformed("tcbStatus", "a TCB status", name);
  standing.status = *status;
  MINIONS_TRY_ASSIGN(standing.date, time_member(level, "tcbDate"));
  MINIONS_TRY_ASSIGN(standing.advisories, parse_advisories(level));
  return standing;
}

Result<IsvTcbLevel> parse_isv_level(const Json& object) {
  IsvTcbLevel level;
  MINIONS_TRY_ASSIGN(const Json* tcb, object_member(object, "tcb"));
  MINIONS_TRY_ASSIGN(level.isv_svn, small_number<std::uint16_t>(*tcb, "isvsvn"));
  MINIONS_TRY_ASSIGN(level.standing, parse_standing(object));
  return level;
}

Result<ByteArray<16>> components_member(const Json& tcb, std::string_view name) {
  MINIONS_TRY_ASSIGN(const auto list, list_member<std::uint8_t>(tcb, name, [](const Json& component) {
                       return small_number<std::uint8_t>(component, "svn");
                     }));
  return exactly<16>(Bytes(list)).map_error([&](Error error) { return std::move(error).in(name); });
}

Result<PlatformTcbLevel> parse_platform_level(const Json& object) {
  PlatformTcbLevel level;
  MINIONS_TRY_ASSIGN(const Json* tcb, object_member(object, "tcb"));
  MINIONS_TRY_ASSIGN(level.sgx_components, components_member(*tcb, "sgxtcbcomponents"));
  MINIONS_TRY_ASSIGN(level.pce_svn, small_number<std::uint16_t>(*tcb, "pcesvn"));
  MINIONS_TRY_ASSIGN(level.tdx_components, components_member(*tcb, "tdxtcbcomponents"));
  MINIONS_TRY_ASSIGN(level.standing, parse_standing(object));
  return level;
}

Result<TdxModuleIdentity> parse_module(const Json& object) {
  TdxModuleIdentity module;
  MINIONS_TRY_ASSIGN(module.mr_signer, hex_member<48>(object, "mrsigner"));
  MINIONS_TRY_ASSIGN(module.attributes, hex_member<8>(object, "attributes"));
  MINIONS_TRY_ASSIGN(module.attributes_mask, hex_member<8>(object, "attributesMask"));
  return module;
}

Result<TdxModuleIdentity> parse_module_identity(const Json& object) {
  MINIONS_TRY_ASSIGN(TdxModuleIdentity module, parse_module(object));
  MINIONS_TRY_ASSIGN(module.id, string_member(object, "id"));
  MINIONS_TRY_ASSIGN(module.levels, list_member<IsvTcbLevel>(object, "tcbLevels", parse_isv_level));
  return module;
}

template <class T>
Result<T> verify_signed(std::string_view json, std::string_view member, const crypto::PublicKey& signer) {
  MINIONS_TRY_ASSIGN(const Json object, verify_signed_object(json, member, signer));
  return T::parse(object).map_error([&](Error error) { return std::move(error).in(member); });
}

template <std::size_t N>
Status read_octets(crypto::DerReader& item, std::string_view field, ByteArray<N>& to) {
  MINIONS_TRY_ASSIGN(const ByteView octets, item.take(crypto::der_tag::kOctetString, field));
  if (octets.size() != N)
    return fail(ErrorCode::kMalformed, fmt::format("{}: want {} bytes, found {}", field, N, octets.size()));
  std::copy(octets.begin(), octets.end(), to.begin());
  return {};
}

template <std::unsigned_integral T>
Status read_number(Result<std::uint64_t> number, std::string_view field, T& to) {
  if (!number) return fail(std::move(number).error());
  if (*number > std::numeric_limits<T>::max())
    return fail(ErrorCode::kMalformed, fmt::format("{}: {} does not fit", field, *number));
  to = static_cast<T>(*number);
  return {};
}

// SEQUENCE OF SEQUENCE { OBJECT IDENTIFIER, value }: every wanted identifier once, no duplicates.
template <class Read>
Status read_items(crypto::DerReader items, std::string_view prefix, unsigned wanted, const Read& read) {
  std::set<std::string> seen;
  while (!items.at_end()) {
    MINIONS_TRY_ASSIGN(crypto::DerReader item, items.enter(crypto::der_tag::kSequence, prefix));
    MINIONS_TRY_ASSIGN(const std::string oid, item.object_identifier(prefix));
    if (!oid.starts_with(prefix)) return malformed(prefix, "an identifier under it", oid);
    if (!seen.insert(oid).second) return malformed(prefix, "each identifier once", oid);
    MINIONS_TRY(read(std::string_view(oid).substr(prefix.size()), item));
  }
  for (unsigned i = 1; i <= wanted; ++i) {
    const std::string oid = std::string(prefix).append(std::to_string(i));
    if (!seen.contains(oid)) return fail(ErrorCode::kMalformed, oid + " is missing");
  }
  return {};
}

// Under .2: number is 1 to 18.
Status read_tcb_item(std::string_view number, crypto::DerReader& item, PckExtension& out) {
  if (number == "17") return read_number(item.integer("pcesvn"), "pcesvn", out.pce_svn);
  if (number == "18") return read_octets(item, "cpusvn", out.cpu_svn);
  for (std::size_t i = 0; i < out.components.size(); ++i) {
    if (number == std::to_string(i + 1)) return read_number(item.integer(number), number, out.components[i]);
  }
  return malformed("tcb", "components 1 to 18", number);
}

Status read_tcb(crypto::DerReader& item, PckExtension& out) {
  MINIONS_TRY_ASSIGN(const crypto::DerReader tcb, item.enter(crypto::der_tag::kSequence, "tcb"));
  return read_items(tcb, fmt::format("{}.2.", PckExtension::kOid), 18,
                    [&](std::string_view number, crypto::DerReader& value) -> Status {
                      MINIONS_TRY(read_tcb_item(number, value, out));
                      return value.finish(number);
                    });
}

Status read_sgx_type(crypto::DerReader& item, PckExtension& out) {
  MINIONS_TRY_ASSIGN(const ByteView value, item.take(crypto::der_tag::kEnumerated, "sgx type"));
  if (value.size() != 1)
    return fail(ErrorCode::kMalformed, fmt::format("sgx type: want 1 byte, found {}", value.size()));
  out.sgx_type = value[0];
  return {};
}

Status read_item(std::string_view number, crypto::DerReader& item, PckExtension& out) {
  if (number == "1") {
    MINIONS_TRY(read_octets(item, "ppid", out.ppid));
  } else if (number == "2") {
    MINIONS_TRY(read_tcb(item, out));
  } else if (number == "3") {
    MINIONS_TRY(read_octets(item, "pceid", out.pce_id));
  } else if (number == "4") {
    MINIONS_TRY(read_octets(item, "fmspc", out.fmspc));
  } else if (number == "5") {
    MINIONS_TRY(read_sgx_type(item, out));
  } else {
    return {};  // .6 and .7 of platforms with several packages: instance and configuration
  }
  return item.finish(number);
}

}  // namespace

std::string_view name_of(TcbStatus status) {
  for (const NamedStatus& entry : kStatuses) {
    if (entry.status == status) return entry.name;
  }
  return "";
}

std::optional<TcbStatus> tcb_status_named(std::string_view name) {
  for (const NamedStatus& entry : kStatuses) {
    if (entry.name == name) return entry.status;
  }
  return std::nullopt;
}

Result<TcbInfo> TcbInfo::parse(const Json& object) {
  TcbInfo info;
  MINIONS_TRY(require_text(object, "id", "TDX"));
  MINIONS_TRY(require_number(object, "version", 3));
  MINIONS_TRY(require_number(object, "tcbType", 0));
  MINIONS_TRY_ASSIGN(info.issue_date, time_member(object, "issueDate"));
  MINIONS_TRY_ASSIGN(info.next_update, time_member(object, "nextUpdate"));
  MINIONS_TRY_ASSIGN(info.fmspc, hex_member<6>(object, "fmspc"));
  MINIONS_TRY_ASSIGN(info.pce_id, hex_member<2>(object, "pceId"));
  MINIONS_TRY_ASSIGN(info.evaluation_number, integer_member(object, "tcbEvaluationDataNumber"));
  MINIONS_TRY_ASSIGN(const Json* module, object_member(object, "tdxModule"));
  MINIONS_TRY_ASSIGN(info.module_0, parse_module(*module));
  if (object.contains("tdxModuleIdentities")) {  // not in those of 2023
    MINIONS_TRY_ASSIGN(info.modules,
                       list_member<TdxModuleIdentity>(object, "tdxModuleIdentities", parse_module_identity));
  }
  MINIONS_TRY_ASSIGN(info.levels, list_member<PlatformTcbLevel>(object, "tcbLevels", parse_platform_level));
  return info;
}

Result<QeIdentity> QeIdentity::parse(const Json& object) {
  QeIdentity identity;
  MINIONS_TRY(require_text(object, "id", "TD_QE"));
  MINIONS_TRY(require_number(object, "version", 2));
  MINIONS_TRY_ASSIGN(identity.issue_date, time_member(object, "issueDate"));
  MINIONS_TRY_ASSIGN(identity.next_update, time_member(object, "nextUpdate"));
  MINIONS_TRY_ASSIGN(identity.evaluation_number, integer_member(object, "tcbEvaluationDataNumber"));
  MINIONS_TRY_ASSIGN(identity.misc_select, hex_member<4>(object, "miscselect"));
  MINIONS_TRY_ASSIGN(identity.misc_select_mask, hex_member<4>(object, "miscselectMask"));
  MINIONS_TRY_ASSIGN(identity.attributes, hex_member<16>(object, "attributes"));
  MINIONS_TRY_ASSIGN(identity.attributes_mask, hex_member<16>(object, "attributesMask"));
  MINIONS_TRY_ASSIGN(identity.mr_signer, hex_member<32>(object, "mrsigner"));
  MINIONS_TRY_ASSIGN(identity.isv_prod_id, small_number<std::uint16_t>(object, "isvprodid"));
  MINIONS_TRY_ASSIGN(identity.levels, list_member<IsvTcbLevel>(object, "tcbLevels", parse_isv_level));
  return identity;
}

Result<PckExtension> PckExtension::parse(ByteView extension) {
  PckExtension out;
  crypto::DerReader reader(extension);
  MINIONS_TRY_ASSIGN(const crypto::DerReader items, reader.enter(crypto::der_tag::kSequence, kOid));
  MINIONS_TRY(reader.finish(kOid));
  MINIONS_TRY(read_items(items, fmt::format("{}.", kOid), 5, [&](std::string_view number, crypto::DerReader& item) {
    return read_item(number, item, out);
  }));
  return out;
}

Error not_served() { return Error{ErrorCode::kNotFound, "missing"}.because(Cause::kNotServed); }

Result<crypto::Certificate> verify_tcb_signer(std::string_view pem, const crypto::PathRules& rules,
                                              std::span<const crypto::Certificate> known) {
  constexpr std::string_view kSigner = "Intel SGX TCB Signing";
  if (pem.empty()) return fail(not_served());
  MINIONS_TRY_ASSIGN(const auto certificates, crypto::Certificate::from_pem(pem));
  std::vector<crypto::Certificate> others(known.begin(), known.end());
  others.insert(others.end(), certificates.begin() + 1, certificates.end());
  MINIONS_TRY_ASSIGN(auto path, crypto::verify_path(certificates.front(), others, rules));
  if (path.size() != 2 || path.front().subject_name() != kSigner) {
    return fail(ErrorCode::kTampered, fmt::format("want {} right under the root, found {} in a path of {}", kSigner,
                                                  shown(path.front().subject_name()), path.size()));
  }
  MINIONS_TRY(crypto::check_end_entity(path.front()));
  return std::move(path.front());
}

Result<Json> verify_signed_object(std::string_view json, std::string_view member, const crypto::PublicKey& signer) {
  if (json.empty()) return fail(not_served());
  MINIONS_TRY_ASSIGN(const Json outer, parse_strict_json(json, {.bytes = kJsonLimitBytes}));
  MINIONS_TRY_ASSIGN(const Json* object, object_member(outer, member));
  MINIONS_TRY_ASSIGN(const auto signature, hex_member<64>(outer, "signature"));
  // The bytes of the value, as the signer signed them.
  const auto signed_bytes = raw_member(json, member);
  if (!signed_bytes || !signer.verify_ecdsa(crypto::HashAlgorithm::kSha256, as_bytes(*signed_bytes), signature))
    return fail(ErrorCode::kTampered, fmt::format("{} is not signed by the TCB signing key", member));
  return *object;
}

Result<TcbInfo> verify_tcb_info(std::string_view json, const crypto::PublicKey& signer) {
  return verify_signed<TcbInfo>(json, "tcbInfo", signer);
}

Result<QeIdentity> verify_qe_identity(std::string_view json, const crypto::PublicKey& signer) {
  return verify_signed<QeIdentity>(json, "enclaveIdentity", signer);
}

}  // namespace minions::attestation
