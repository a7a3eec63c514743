#include "attestation/core/statement.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace minions::attestation {
namespace {

constexpr std::size_t kSuitesLimit = 256;

template <std::size_t N>
Result<ByteArray<N>> base64url_array(const Json& object, std::string_view name) {
  return exactly<N>(base64url_member(object, name)).map_error([&](Error error) { return std::move(error).in(name); });
}

Result<ByteArray<16>> parse_instance(const Json& object) {
  MINIONS_TRY_ASSIGN(const std::string hex, string_member(object, "instance"));
  return exactly<16>(from_hex(hex)).map_error([](Error error) { return std::move(error).in("instance"); });
}

Result<std::vector<std::string>> parse_suites(const Json& object) {
  MINIONS_TRY_ASSIGN(const Json* array, array_member(object, "suites"));
  if (array->size() > kSuitesLimit) {
    return fail(ErrorCode::kMalformed, fmt::format("suites: {} entries, at most {}", array->size(), kSuitesLimit));
  }
  std::vector<std::string> suites;
  for (const Json& entry : *array) {
    if (!entry.is_string())
      return fail(ErrorCode::kMalformed, fmt::format("suites: want strings, found {}", entry.type_name()));
    suites.push_back(entry.get<std::string>());
  }
  return suites;
}

Result<std::vector<Digest32>> parse_tls_keys(const Json& object) {
  MINIONS_TRY_ASSIGN(const Json* array, array_member(object, "tls_spki_sha256"));
  std::vector<Digest32> keys;
  for (const Json& entry : *array) {
    if (!entry.is_string()) {
      return fail(ErrorCode::kMalformed, fmt::format("tls_spki_sha256: want strings, found {}", entry.type_name()));
    }
    auto key = exactly<32>(from_base64url(entry.get_ref<const std::string&>()));
    if (!key) return fail(std::move(key).error().in("tls_spki_sha256"));
    keys.push_back(*key);
  }
  return keys;
}

Result<ModelEntry::Where> parse_where(const Json& object) {
  MINIONS_TRY_ASSIGN(const std::string name, string_member(object, "where"));
  for (const auto where : {ModelEntry::Where::kInProcess, ModelEntry::Where::kLoopback, ModelEntry::Where::kRemote}) {
    if (name == name_of(where)) return where;
  }
  return fail(ErrorCode::kMalformed, "where: want in-process, loopback or remote");
}

Result<std::string> hex_digest(const Json& object, std::string_view name) {
  MINIONS_TRY_ASSIGN(std::string hex, string_member(object, name));
  if (auto digest = exactly<32>(from_hex(hex)); !digest) return fail(std::move(digest).error().in(name));
  return hex;
}

Result<std::optional<std::string>> parse_weights(const Json& object) {
  const auto found = object.find("weights_sha256");
  if (found == object.end()) return fail(ErrorCode::kMalformed, "weights_sha256 is missing");
  if (found->is_null()) return std::optional<std::string>();
  return hex_digest(object, "weights_sha256");
}

// Only absence means that there is none: null is ill-formed.
Result<std::optional<std::string>> parse_projector(const Json& object) {
  if (!object.contains("projector_sha256")) return std::optional<std::string>();
  return hex_digest(object, "projector_sha256");
}

// Only absence means that it is unknown; a name that a later version may add counts as unknown too.
Result<std::optional<ModelEntry::Compute>> parse_compute(const Json& object) {
  if (!object.contains("compute")) return std::optional<ModelEntry::Compute>();
  MINIONS_TRY_ASSIGN(const std::string name, string_member(object, "compute"));
  for (const auto compute : {ModelEntry::Compute::kCpu, ModelEntry::Compute::kGpu}) {
    if (name == name_of(compute)) return std::optional(compute);
  }
  return std::optional<ModelEntry::Compute>();
}

// Servers from before this member do not have it.
Result<std::optional<ModelEntry::PromptCache>> parse_prompt_cache(const Json& object) {
  using Cache = ModelEntry::PromptCache;
  if (!object.contains("prompt_cache")) return std::optional<Cache>();
  MINIONS_TRY_ASSIGN(const std::string name, string_member(object, "prompt_cache"));
  for (const Cache cache : {Cache::kSession, Cache::kShared, Cache::kNone}) {
    if (name == name_of(cache)) return cache;
  }
  return fail(ErrorCode::kMalformed, "prompt_cache: want session, shared or none");
}

Result<ModelEntry> parse_model(const Json& object) {
  if (!object.is_object())
    return fail(ErrorCode::kMalformed, fmt::format("want objects, found {}", object.type_name()));
  ModelEntry model;
  MINIONS_TRY_ASSIGN(model.id, string_member(object, "id"));
  MINIONS_TRY_ASSIGN(model.engine, string_member(object, "engine"));
  MINIONS_TRY_ASSIGN(model.where, parse_where(object));
  MINIONS_TRY_ASSIGN(model.weights_sha256, parse_weights(object));
  MINIONS_TRY_ASSIGN(model.projector_sha256, parse_projector(object));
  MINIONS_TRY_ASSIGN(model.compute, parse_compute(object));
  MINIONS_TRY_ASSIGN(model.prompt_cache, parse_prompt_cache(object));
  return model;
}

Result<std::vector<ModelEntry>> parse_models(const Json& object) {
  MINIONS_TRY_ASSIGN(const Json* array, array_member(object, "models"));
  std::vector<ModelEntry> models;
  for (const Json& entry : *array) {
    auto model = parse_model(entry);
    if (!model) return fail(std::move(model).error().in(fmt::format("models[{}]", models.size())));
    models.push_back(*std::move(model));
  }
  return models;
}

Result<Software> parse_software(const Json& object) {
  MINIONS_TRY_ASSIGN(const Json* software, object_member(object, "software"));
  Software parsed;
  MINIONS_TRY_ASSIGN(parsed.name, string_member(*software, "name"));
  MINIONS_TRY_ASSIGN(parsed.version, string_member(*software, "version"));
  MINIONS_TRY_ASSIGN(parsed.build, string_member(*software, "build"));
  return parsed;
}

// Lower-case letters, digits and hyphens: a name that every screen shows unchanged.
bool is_override_name(std::string_view name) {
  return !name.empty() && name.size() <= kOverrideNameLimitBytes &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

Result<std::vector<std::string>> parse_overrides(const Json& object) {
  std::vector<std::string> overrides;
  if (!object.contains("overrides")) return overrides;
  MINIONS_TRY_ASSIGN(const Json* array, array_member(object, "overrides"));
  if (array->size() > kOverridesLimit) {
    return fail(ErrorCode::kMalformed,
                fmt::format("overrides: {} entries, at most {}", array->size(), kOverridesLimit));
  }
  for (const Json& entry : *array) {
    if (!entry.is_string() || !is_override_name(entry.get_ref<const std::string&>())) {
      return fail(ErrorCode::kMalformed,
                  fmt::format("overrides[{}]: want a name of 1 to {} lower-case letters, digits and hyphens",
                              overrides.size(), kOverrideNameLimitBytes));
    }
    overrides.push_back(entry.get<std::string>());
  }
  return overrides;
}

Result<UnixSeconds> parse_time(const Json& object, std::string_view name) {
  return integer_member(object, name).map([](std::uint64_t seconds) { return static_cast<UnixSeconds>(seconds); });
}

}  // namespace

std::string_view noise_name(Suite suite) {
  switch (suite) {
    case Suite::kHybrid: return "Noise_NKhfs_25519+MLKEM768_AESGCM_SHA256";
    case Suite::kClassical: return "Noise_NK_25519_AESGCM_SHA256";
  }
  return "";
}

std::optional<Suite> suite_from_name(std::string_view name) {
  for (const Suite suite : kSuites) {
    if (name == noise_name(suite)) return suite;
  }
  return std::nullopt;
}

std::string_view name_of(ModelEntry::Where where) {
  switch (where) {
    case ModelEntry::Where::kInProcess: return "in-process";
    case ModelEntry::Where::kLoopback: return "loopback";
    case ModelEntry::Where::kRemote: return "remote";
  }
  return "";
}

std::string_view name_of(ModelEntry::Compute compute) {
  switch (compute) {
    case ModelEntry::Compute::kCpu: return "cpu";
    case ModelEntry::Compute::kGpu: return "gpu";
  }
  return "";
}

std::string_view name_of(ModelEntry::PromptCache cache) {
  switch (cache) {
    case ModelEntry::PromptCache::kSession: return "session";
    case ModelEntry::PromptCache::kShared: return "shared";
    case ModelEntry::PromptCache::kNone: return "none";
  }
  return "";
}

Result<Statement> Statement::parse(ByteView exact) {
  MINIONS_TRY_ASSIGN(const Json object, parse_strict_json(as_text(exact), {.bytes = kStatementLimitBytes}));
  MINIONS_TRY_ASSIGN(const std::uint64_t version, integer_member(object, "smp"));
  if (version != 2) return fail(ErrorCode::kUnsupported, fmt::format("smp: want 2, found {}", version));
  Statement statement;
  MINIONS_TRY_ASSIGN(statement.instance, parse_instance(object));
  MINIONS_TRY_ASSIGN(statement.epoch, integer_member(object, "epoch"));
  MINIONS_TRY_ASSIGN(statement.not_before, parse_time(object, "not_before"));
  MINIONS_TRY_ASSIGN(statement.not_after, parse_time(object, "not_after"));
  MINIONS_TRY_ASSIGN(statement.noise_x25519, base64url_array<32>(object, "noise_x25519"));
  MINIONS_TRY_ASSIGN(statement.receipt_ed25519, base64url_array<32>(object, "receipt_ed25519"));
  MINIONS_TRY_ASSIGN(statement.suites, parse_suites(object));
  MINIONS_TRY_ASSIGN(statement.tls_spki_sha256, parse_tls_keys(object));
  MINIONS_TRY_ASSIGN(statement.models, parse_models(object));
  MINIONS_TRY_ASSIGN(statement.software, parse_software(object));
  MINIONS_TRY_ASSIGN(statement.overrides, parse_overrides(object));
  return statement;
}

std::string Statement::to_json() const {
  using OrderedJson = nlohmann::ordered_json;
  OrderedJson object = {{"smp", 2},
                        {"instance", to_hex(instance)},
                        {"epoch", epoch},
                        {"not_before", not_before},
                        {"not_after", not_after},
                        {"noise_x25519", to_base64url(noise_x25519)},
                        {"receipt_ed25519", to_base64url(receipt_ed25519)},
                        {"suites", suites},
                        {"tls_spki_sha256", OrderedJson::array()},
                        {"models", OrderedJson::array()}};
  for (const Digest32& key : tls_spki_sha256) object["tls_spki_sha256"].push_back(to_base64url(key));
  for (const ModelEntry& model : models) {
    OrderedJson entry = {{"id", model.id},
                         {"engine", model.engine},
                         {"where", name_of(model.where)},
                         {"weights_sha256", model.weights_sha256 ? OrderedJson(*model.weights_sha256) : OrderedJson()}};
    if (model.projector_sha256) entry["projector_sha256"] = *model.projector_sha256;
    if (model.compute) entry["compute"] = name_of(*model.compute);
    if (model.prompt_cache) entry["prompt_cache"] = name_of(*model.prompt_cache);
    object["models"].push_back(std::move(entry));
  }
  object["software"] = {{"name", software.name}, {"version", software.version}, {"build", software.build}};
  if (!overrides.empty()) object["overrides"] = overrides;
  return object.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

Digest32 statement_digest(ByteView exact) { return crypto::sha256(exact); }

}  // namespace minions::attestation
