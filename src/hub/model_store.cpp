#include "hub/model_store.h"

#include "hub/ollama_store.h"

namespace minions::hub {
namespace {

constexpr std::string_view kHf = "hf:";
constexpr std::string_view kOllama = "ollama:";

std::filesystem::path cache_folder(std::string_view xdg, std::string_view home) {
  if (xdg.starts_with('/')) return std::filesystem::path(xdg) / "secure-minions/models";
  if (!home.empty()) return std::filesystem::path(home) / ".cache/secure-minions/models";
  return "/var/cache/secure-minions/models";  // of a service without a home
}

}  // namespace

ModelStoreOptions store_options(const std::function<const char*(const char*)>& get) {
  const auto text = [&](const char* name) {
    const char* value = get(name);
    return std::string(value == nullptr ? "" : value);
  };
  ModelStoreOptions options;
  if (const std::string endpoint = text("HF_ENDPOINT"); !endpoint.empty()) options.hf.endpoint = endpoint;
  options.hf.token = crypto::SecretText(text("HF_TOKEN"));
  const std::string home = text("HOME");
  options.hf.cache = cache_folder(text("XDG_CACHE_HOME"), home);
  if (const std::string store = text("OLLAMA_MODELS"); !store.empty()) options.ollama_stores.emplace_back(store);
  if (!home.empty()) options.ollama_stores.push_back(std::filesystem::path(home) / ".ollama/models");
  options.ollama_stores.emplace_back("/usr/share/ollama/.ollama/models");
  return options;
}

Result<std::filesystem::path> resolve_model(std::string_view name, const ModelStoreOptions& options, ModelPart part) {
  if (name.starts_with(kOllama)) return find_ollama_model(name.substr(kOllama.size()), options.ollama_stores, part);
  if (!name.starts_with(kHf)) return std::filesystem::path(name);
  name.remove_prefix(kHf.size());
  const std::size_t colon = std::min(name.find(':'), name.size());
  HfModel model{std::string(name.substr(0, colon)), std::string(name.substr(std::min(colon + 1, name.size()))), part};
  if (colon + 1 == name.size()) return fail(ErrorCode::kUsage, "hf:" + model.repository + ": no file behind the colon");
  return fetch_hf_model(model, options.hf);
}

}  // namespace minions::hub
