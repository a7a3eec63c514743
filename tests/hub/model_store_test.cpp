#include "hub/model_store.h"

#include <gtest/gtest.h>

#include "attester/temporary_directory.h"
#include "base/encoding.h"
#include "crypto/hash.h"
#include "hub/ollama_store.h"

namespace minions::hub {
namespace {

using attester::TemporaryDirectory;
using attester::write_file;

class OllamaStoreTest : public testing::Test {
 protected:
  // As `ollama pull` leaves it.
  std::filesystem::path add(const std::string& manifest, const std::string& weights,
                            const std::string& projector = {}) {
    std::string layers = R"({"mediaType":"application/vnd.ollama.image.license","digest":"sha256:11","size":1},)" +
                         layer("model", weights);
    if (!projector.empty()) layers += "," + layer("projector", projector);
    write(manifest, R"({"schemaVersion":2,"config":{"digest":"sha256:00"},"layers":[)" + layers + "]}");
    return blob_of(weights);
  }
  [[nodiscard]] std::string layer(const std::string& kind, const std::string& content) {
    const auto blob = blob_of(content);
    std::filesystem::create_directories(blob.parent_path());
    write_file(blob, content);
    return R"({"mediaType":"application/vnd.ollama.image.)" + kind + R"(","digest":"sha256:)" +
           to_hex(crypto::sha256(as_bytes(content))) + R"(","size":)" + std::to_string(content.size()) + "}";
  }
  [[nodiscard]] std::filesystem::path blob_of(const std::string& content) const {
    return store() / "blobs" / ("sha256-" + to_hex(crypto::sha256(as_bytes(content))));
  }
  void write(const std::string& manifest, const std::string& text) {
    const auto path = store() / "manifests" / manifest;
    std::filesystem::create_directories(path.parent_path());
    write_file(path, text);
  }
  [[nodiscard]] std::filesystem::path store() const { return directory_.path() / "models"; }
  [[nodiscard]] Result<std::filesystem::path> find(std::string_view name, ModelPart part = ModelPart::kModel) {
    const std::filesystem::path stores[] = {directory_.path() / "absent", store()};
    return find_ollama_model(name, stores, part);
  }

  TemporaryDirectory directory_;
};

TEST_F(OllamaStoreTest, FindsWhatOllamaLists) {
  const auto latest = add("registry.ollama.ai/library/llama3.2/latest", "GGUF latest");
  const auto small = add("registry.ollama.ai/library/llama3.2/1b", "GGUF 1b");
  const auto owned = add("registry.ollama.ai/someone/model/latest", "GGUF owned");
  const auto elsewhere = add("hf.co/owner/repo/Q4_K_M", "GGUF elsewhere");
  EXPECT_EQ(find("llama3.2").value(), latest);
  EXPECT_EQ(find("llama3.2:latest").value(), latest);
  EXPECT_EQ(find("llama3.2:1b").value(), small);
  EXPECT_EQ(find("someone/model").value(), owned);
  EXPECT_EQ(find("hf.co/owner/repo:Q4_K_M").value(), elsewhere);
}

TEST_F(OllamaStoreTest, FindsAProjectorWhereThereIsOne) {
  const auto model = add("registry.ollama.ai/library/llava/latest", "GGUF llava", "GGUF projector");
  add("registry.ollama.ai/library/llama3.2/latest", "GGUF llama");
  EXPECT_EQ(find("llava").value(), model);
  EXPECT_EQ(find("llava", ModelPart::kProjector).value(), blob_of("GGUF projector"));
  const auto none = find("llama3.2", ModelPart::kProjector);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_NE(none.error().detail.find("projector"), std::string::npos);
}

TEST_F(OllamaStoreTest, WhatIsNotThereIsSaidWithWhatGetsIt) {
  add("registry.ollama.ai/library/llama3.2/latest", "GGUF");
  const auto absent = find("mistral");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_NE(absent.error().detail.find("ollama pull mistral"), std::string::npos);
  EXPECT_NE(absent.error().detail.find(store().string()), std::string::npos);
  EXPECT_EQ(find("llama3.2:2b").error().code, ErrorCode::kNotFound);
}

TEST_F(OllamaStoreTest, NamesThatLeadElsewhereAreNone) {
  write("secret", R"({"layers":[]})");
  for (const char* name : {"", ":", "a:", ":b", "..", "../secret", "a/../../secret", "/etc/passwd", "a//b", "a/b/c/d",
                           "a b", "a:b:c/d", "a:../x", "a\\b"}) {
    const auto found = find(name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, ErrorCode::kUsage) << name;
  }
}

TEST_F(OllamaStoreTest, AnAlteredOrShortFileIsRefused) {
  const auto blob = add("registry.ollama.ai/library/m/latest", "GGUF weights");
  write_file(blob, "GGUF wEights");
  EXPECT_EQ(find("m").error().code, ErrorCode::kTampered);
  write_file(blob, "GGUF weight");
  EXPECT_EQ(find("m").error().code, ErrorCode::kTampered);
  std::filesystem::remove(blob);
  EXPECT_EQ(find("m").error().code, ErrorCode::kNotFound);
}

TEST_F(OllamaStoreTest, AManifestThatIsNoneIsRefused) {
  const std::string type = R"("mediaType":"application/vnd.ollama.image.model")";
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string("{}"), std::string(R"({"layers":[]})"),
        std::string(R"({"layers":[{"mediaType":1}]})"), R"({"layers":[{)" + type + "}]}",
        R"({"layers":[{)" + type + R"(,"digest":"sha256:../../x","size":1}]})",
        R"({"layers":[{)" + type + R"(,"digest":")" + std::string(71, 'a') + R"(","size":1}]})"}) {
    write("registry.ollama.ai/library/m/latest", text);
    EXPECT_EQ(find("m").error().code, ErrorCode::kMalformed) << text;
  }
}

TEST(ModelStore, AnotherNameIsAPath) {
  for (const char* name : {"model.gguf", "/models/a.gguf", "./hf.gguf", "HF:x/y"})
    EXPECT_EQ(resolve_model(name, {}).value(), name);
}

TEST(ModelStore, NamesOfTheHubAreChecked) {
  for (const char* name : {"hf:", "hf:owner", "hf:owner/repo:", "hf:../x:y", "hf::x"})
    EXPECT_EQ(resolve_model(name, {}).error().code, ErrorCode::kUsage) << name;
  EXPECT_EQ(resolve_model("ollama:", {}).error().code, ErrorCode::kUsage);
}

TEST(ModelStore, ReadsTheEnvironment) {
  std::map<std::string, const char*> set = {{"HOME", "/home/u"}};
  const auto options = [&] {
    return store_options([&](const char* name) {
      const auto found = set.find(name);
      return found == set.end() ? nullptr : found->second;
    });
  };
  EXPECT_EQ(options().hf.endpoint, "https://huggingface.co");
  EXPECT_TRUE(options().hf.token.empty());
  EXPECT_EQ(options().hf.cache, "/home/u/.cache/secure-minions/models");
  EXPECT_EQ(options().ollama_stores.front(), "/home/u/.ollama/models");
  set = {{"HF_ENDPOINT", "https://mirror"}, {"HF_TOKEN", "t"}, {"XDG_CACHE_HOME", "/c"}, {"OLLAMA_MODELS", "/o"}};
  const ModelStoreOptions given = options();
  EXPECT_EQ(given.hf.endpoint, "https://mirror");
  EXPECT_EQ(given.hf.token.reveal(), "t");
  EXPECT_EQ(given.hf.cache, "/c/secure-minions/models");
  ASSERT_EQ(given.ollama_stores.size(), 2U);
  EXPECT_EQ(given.ollama_stores[0], "/o");
  EXPECT_EQ(given.ollama_stores[1], "/usr/share/ollama/.ollama/models");
}

}  // namespace
}  // namespace minions::hub
