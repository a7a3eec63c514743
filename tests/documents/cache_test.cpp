#include "documents/cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "make_zip.h"
#include "temporary_folder.h"

namespace minions::documents {
namespace {

using namespace test;

class Cache : public testing::Test {
 protected:
  Result<DocumentCache> open(DocumentCache::Limits limits = {}) {
    return DocumentCache::open(folder_.path() / "cache", random_, limits);
  }
  std::vector<std::filesystem::path> entries() {
    std::vector<std::filesystem::path> found;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path() / "cache")) {
      if (file.path().extension() == ".entry") found.push_back(file.path());
    }
    return found;
  }
  static Extracted sample(const std::string& text) {
    Extracted extracted{DocumentKind::kDocx, {}, {"a note"}, ImageFacts{"image/png", 3, 4}};
    extracted.pages.push_back({1, crypto::SecretText(text)});
    extracted.pages.push_back({7, crypto::SecretText("")});
    return extracted;
  }
  static std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder_;
  crypto::SystemRandom random_;
  const Digest32 content_ = crypto::sha256(as_bytes("content"));
};

TEST_F(Cache, FindsWhatItKept) {
  auto cache = open();
  ASSERT_TRUE(cache) << cache.error().detail;
  const Digest32 entry = cache->entry_of(content_, "how");
  EXPECT_FALSE(cache->find(entry));
  cache->keep(entry, sample("the text"));
  const auto found = open()->find(entry);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, DocumentKind::kDocx);
  ASSERT_EQ(found->pages.size(), 2U);
  EXPECT_EQ(found->pages[0].text.reveal(), "the text");
  EXPECT_EQ(found->pages[1].number, 7U);
  EXPECT_EQ(found->notes, std::vector<std::string>{"a note"});
  EXPECT_EQ(found->image->height, 4U);
}

TEST_F(Cache, TellsContentAndWayOfReadingApart) {
  auto cache = open();
  ASSERT_TRUE(cache);
  EXPECT_NE(cache->entry_of(content_, "a"), cache->entry_of(content_, "b"));
  EXPECT_NE(cache->entry_of(content_, "a"), cache->entry_of(crypto::sha256(as_bytes("other")), "a"));
}

TEST_F(Cache, ShowsNeitherTextNorHashWithoutTheKey) {
  auto cache = open();
  ASSERT_TRUE(cache);
  cache->keep(cache->entry_of(content_, "how"), sample("the secret text"));
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(content_of(entries()[0]).find("secret"), std::string::npos);
  EXPECT_EQ(entries()[0].string().find(to_hex(content_)), std::string::npos);
  struct stat status {};
  ASSERT_EQ(stat(entries()[0].c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(stat((folder_.path() / "cache/key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(status.st_size, 32);
  ASSERT_EQ(stat((folder_.path() / "cache").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(Cache, PassesOverEntriesThatWereChangedCutOrMoved) {
  auto cache = open();
  ASSERT_TRUE(cache);
  const Digest32 entry = cache->entry_of(content_, "how");
  cache->keep(entry, sample("text"));
  const auto path = entries().at(0);
  const std::string whole = content_of(path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    std::ofstream(path, std::ios::binary) << changed;
    EXPECT_FALSE(cache->find(entry)) << at;
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, size);
    EXPECT_FALSE(cache->find(entry)) << size;
  }
  // Under another name it is another document's.
  const Digest32 other = cache->entry_of(content_, "other");
  std::ofstream(folder_.path() / "cache" / (to_hex(other) + ".entry"), std::ios::binary) << whole;
  EXPECT_FALSE(cache->find(other));
  std::ofstream(path, std::ios::binary) << whole;
  EXPECT_TRUE(cache->find(entry));
}

TEST_F(Cache, DropsWhatWasLongestUnused) {
  auto cache = open({.bytes = 1 << 20, .entries = 8});
  ASSERT_TRUE(cache);
  for (int i = 0; i < 30; ++i) {
    cache->keep(cache->entry_of(content_, std::to_string(i)), sample("text"));
    EXPECT_LE(entries().size(), 8U);
  }
  EXPECT_TRUE(cache->find(cache->entry_of(content_, "29")));
  auto small = open({.bytes = 1000, .entries = 100});
  ASSERT_TRUE(small);
  for (int i = 0; i < 30; ++i) small->keep(small->entry_of(content_, std::to_string(i)), sample(std::string(100, 'x')));
  std::uint64_t bytes = 0;
  for (const auto& path : entries()) bytes += std::filesystem::file_size(path);
  EXPECT_LE(bytes, 1000U);
  small->keep(small->entry_of(content_, "large"), sample(std::string(2000, 'x')));
  EXPECT_FALSE(small->find(small->entry_of(content_, "large")));
}

TEST_F(Cache, RefusesAFolderOrKeyThatOthersReach) {
  ASSERT_TRUE(open());
  const auto folder = folder_.path() / "cache";
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  EXPECT_EQ(open().error().code, ErrorCode::kRefused);
  std::filesystem::permissions(folder, std::filesystem::perms(0700));
  std::filesystem::permissions(folder / "key", std::filesystem::perms(0640));
  EXPECT_EQ(open().error().code, ErrorCode::kRefused);
  std::filesystem::permissions(folder / "key", std::filesystem::perms(0600));
  std::ofstream(folder / "key") << "short";
  EXPECT_EQ(open().error().code, ErrorCode::kMalformed);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory_symlink(folder_.path(), folder);
  EXPECT_EQ(open().error().code, ErrorCode::kRefused);
}

TEST_F(Cache, SparesTheHelperTheSecondTime) {
  auto cache = open();
  ASSERT_TRUE(cache);
  LoadOptions options = load_options();
  options.cache = &*cache;
  const auto file = folder_.write("a.docx", make_docx("<w:p><w:r><w:t>kept</w:t></w:r></w:p>"));
  const auto first = load_file(file, options);
  ASSERT_TRUE(first) << first.error().detail;
  options.extractor.helper = "/nonexistent/minions-extract";
  const auto second = load_file(file, options);
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(text_of(*second), text_of(*first));
  // The type is examined anew, and another way of reading is another entry.
  options.extractor.max_pages = 17;
  EXPECT_FALSE(load_file(file, options));
}

}  // namespace
}  // namespace minions::documents
