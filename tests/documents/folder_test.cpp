#include "documents/folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "make_pdf.h"
#include "make_zip.h"
#include "temporary_folder.h"

namespace minions::documents {
namespace {

using namespace test;

FolderOptions options() { return {.load = load_options()}; }

std::vector<std::string> names_of(const FolderDocuments& found) {
  std::vector<std::string> names;
  for (const Document& document : found.documents) names.push_back(document.name);
  return names;
}
std::string reason_of(const FolderDocuments& found, const std::string& path) {
  for (const Skipped& skipped : found.skipped) {
    if (skipped.path == path) return skipped.reason;
  }
  return "was not skipped";
}

TEST(LoadFolder, ReadsAllBelowInTheOrderOfPaths) {
  const TemporaryFolder folder;
  const std::vector<std::string> pages = {"pdf"};
  folder.write("b/c.txt", "c");
  folder.write("b/a.docx", make_docx("<w:p><w:r><w:t>docx</w:t></w:r></w:p>"));
  folder.write("z.md", "z");
  folder.write("a.pdf", make_pdf(pages));
  const auto found = load_folder(folder.path(), options());
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(names_of(*found), (std::vector<std::string>{"a.pdf", "b/a.docx", "b/c.txt", "z.md"}));
  EXPECT_TRUE(found->skipped.empty());
  EXPECT_EQ(summary_of(found->skipped), "");
  EXPECT_TRUE(text_of(found->documents[1]).starts_with("[b/a.docx, page 1]\ndocx\n"));
}

TEST(LoadFolder, SkipsWithAReason) {
  const TemporaryFolder folder;
  const std::vector<std::string> pages = {"x"};
  folder.write("good.txt", "good");
  folder.write("empty.txt", "");
  folder.write("locked.pdf", make_encrypted_pdf(pages));
  folder.write("program",
               "\x7F"
               "ELF");
  folder.write(".git/config", "x");
  folder.write("node_modules/a.js", "x");
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "loop");
  std::filesystem::create_symlink("/etc/passwd", folder.path() / "outside");
  ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  const auto found = load_folder(folder.path(), options());
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(names_of(*found), std::vector<std::string>{"good.txt"});
  EXPECT_EQ(reason_of(*found, "empty.txt"), "is empty");
  EXPECT_NE(reason_of(*found, "locked.pdf").find("encrypted"), std::string::npos);
  EXPECT_NE(reason_of(*found, "program").find("a program"), std::string::npos);
  EXPECT_EQ(reason_of(*found, ".git/"), "a folder of tools");
  EXPECT_EQ(reason_of(*found, "node_modules/"), "a folder of tools");
  EXPECT_EQ(reason_of(*found, "loop"), "a symbolic link");
  EXPECT_EQ(reason_of(*found, "outside"), "a symbolic link");
  EXPECT_EQ(reason_of(*found, "pipe"), "not a regular file");
  const std::string summary = summary_of(found->skipped);
  EXPECT_TRUE(summary.starts_with("8 skipped: 2 a folder of tools, 2 a symbolic link, 1 ")) << summary;
}

// A secret may be what the rules would have named.
TEST(LoadFolder, ReadsNothingBelowRulesThatAreTooMany) {
  const TemporaryFolder folder;
  folder.write("sub/.gitignore", "secret.txt\n" + std::string(1 << 20, '#'));
  folder.write("sub/secret.txt", "secret");
  folder.write("beside.txt", "beside");
  const auto found = load_folder(folder.path(), options());
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(names_of(*found), std::vector<std::string>{"beside.txt"});
  EXPECT_NE(reason_of(*found, "sub/secret.txt").find("a .gitignore above it"), std::string::npos);
}

TEST(LoadFolder, HonoursGitignoreOfEachFolder) {
  const TemporaryFolder folder;
  folder.write(".gitignore", "*.log\n/out/\n");
  folder.write("a.log", "x");
  folder.write("a.txt", "x");
  folder.write("out/b.txt", "x");
  folder.write("sub/.gitignore", "!keep.log\nc.txt\n");
  folder.write("sub/keep.log", "x");
  folder.write("sub/c.txt", "x");
  folder.write("sub/deep/c.txt", "x");
  const auto found = load_folder(folder.path(), options());
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(names_of(*found), (std::vector<std::string>{"a.txt", "sub/keep.log"}));
  EXPECT_EQ(reason_of(*found, "out/"), "ignored by .gitignore");
  EXPECT_EQ(reason_of(*found, "sub/deep/c.txt"), "ignored by .gitignore");
  FolderOptions all = options();
  all.honours_gitignore = false;
  EXPECT_EQ(load_folder(folder.path(), all)->documents.size(), 6U);
}

TEST(LoadFolder, LeavesOutWhatIsHiddenAndWhatHoldsKeys) {
  const TemporaryFolder folder;
  const std::string key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
  const std::string certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  folder.write("docs/a.txt", "a");
  folder.write(".env", "KEY=1");
  folder.write(".bash_history", "ls");
  folder.write(".ssh/id_ed25519", key);
  folder.write("id_rsa", "any");
  folder.write("sub/_netrc", "machine a");
  folder.write("deploy", key);
  folder.write("ca.pem", certificate);
  folder.write("both.pem", certificate + key);
  folder.write("store.kdbx", "x");
  folder.write("about-keys.md", "A key begins with\n" + key);
  const auto found = load_folder(folder.path(), options());
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(names_of(*found), (std::vector<std::string>{"about-keys.md", "ca.pem", "docs/a.txt"}));
  EXPECT_EQ(summary_of(found->skipped),
            "8 skipped: 4 private keys, 2 hidden files (--hidden reads them), 1 file of passwords, "
            "1 hidden folder (--hidden reads it)");
  EXPECT_TRUE(found->notes.empty());
  FolderOptions all = options();
  all.reads_hidden = true;
  const auto whole = load_folder(folder.path(), all);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->documents.size(), 11U);
  EXPECT_EQ(whole->notes, std::vector<std::string>{"reads 1 hidden file, 5 private keys, 2 files of passwords"});
  EXPECT_TRUE(load_file(folder.path() / ".env", options().load));
}

TEST(LoadFolder, KnowsTheFoldersOfCredentials) {
  const TemporaryFolder folder;
  folder.write(".aws/credentials", "secret");
  folder.write(".aws/readme.txt", "x");
  folder.write("backup/.kube/config", "x");
  const auto found = load_folder(folder.path() / ".aws", options());
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(names_of(*found), std::vector<std::string>{"readme.txt"});
  EXPECT_EQ(summary_of(found->skipped), "1 skipped: 1 file of passwords");
}

// What git itself lists of a tree that has a rule of each kind.
TEST(LoadFolder, ReadsWhatGitLists) {
  if (std::system("git --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
  const TemporaryFolder folder;
  folder.write(".gitignore",
               "# comment\n*.log\n!keep.log\n/root.txt\ndocs/*.tmp\n**/deep.txt\na/**/z.txt\nfoo/\n!foo/in.txt\n"
               "trail.txt   \ntrail2.txt\\ \n\\#hash.txt\n\\!bang.txt\n[abc]x.txt\n[!d]y.txt\nq?.txt\nlogs/**\n"
               "!logs/keep.md\nmid/dle.txt\n*.[oa]\nback\\*slash.txt\ndir1/*/\n[[:digit:]]n.txt\n**bar\n[\n[u\nend\\\n"
               "x[]-]y.txt\n/\n!\n");
  folder.write("crlf/.gitignore", "skip.txt\r\nother.*\r\n");
  folder.write("bom/.gitignore", "\xEF\xBB\xBFskip.txt\n");
  folder.write("nested/.gitignore", "*.txt\n!b.txt\n/deep/\n");
  for (const char* name : {"a.log",
                           "keep.log",
                           "sub/a.log",
                           "sub/keep.log",
                           "root.txt",
                           "sub/root.txt",
                           "docs/a.tmp",
                           "docs/s/b.tmp",
                           "deep.txt",
                           "s/t/deep.txt",
                           "a/z.txt",
                           "a/b/z.txt",
                           "a/b/c/z.txt",
                           "foo/in.txt",
                           "foo/o.txt",
                           "sub/foo/f.txt",
                           "trail.txt",
                           "trail2.txt ",
                           "trail2.txt",
                           "#hash.txt",
                           "!bang.txt",
                           "ax.txt",
                           "dx.txt",
                           "ey.txt",
                           "dy.txt",
                           "q1.txt",
                           "q12.txt",
                           "logs/a.txt",
                           "logs/s/b.txt",
                           "logs/keep.md",
                           "mid/dle.txt",
                           "sub/mid/dle.txt",
                           "lib.o",
                           "lib.c",
                           "back*slash.txt",
                           "backXslash.txt",
                           "dir1/file.txt",
                           "dir1/s/file.txt",
                           "7n.txt",
                           "xn.txt",
                           "xbar",
                           "bar",
                           "[",
                           "[u",
                           "end",
                           "x]y.txt",
                           "x-y.txt",
                           "xzy.txt",
                           "crlf/skip.txt",
                           "crlf/other.md",
                           "crlf/stay.txt",
                           "bom/skip.txt",
                           "bom/stay.txt",
                           "nested/a.txt",
                           "nested/b.txt",
                           "nested/deep/c.txt",
                           "nested/a.md",
                           "excluded.txt",
                           "sub/excluded.txt"})
    folder.write(name, "x");
  const std::string in_folder = "cd '" + folder.path().string() + "' && ";
  ASSERT_EQ(std::system((in_folder + "git init -q . && echo /excluded.txt >> .git/info/exclude").c_str()), 0);
  for (const std::string below : {"", "sub", "nested", "a/b"}) {
    const auto list = folder.path() / ".git" / "list";
    const std::string call =
        in_folder + "cd './" + below + "' && git ls-files -z -co --exclude-standard > " + list.string();
    ASSERT_EQ(std::system(call.c_str()), 0);
    std::ifstream in(list, std::ios::binary);
    std::vector<std::string> listed;
    for (std::string name; std::getline(in, name, '\0');) {
      if (!name.ends_with(".gitignore")) listed.push_back(name);
    }
    const auto found = load_folder(folder.path() / below, options());
    ASSERT_TRUE(found) << found.error().detail;
    std::vector<std::string> read = names_of(*found);
    std::sort(read.begin(), read.end());
    std::sort(listed.begin(), listed.end());
    EXPECT_EQ(read, listed) << below;
  }
}

TEST(LoadFolder, SkipsWhatMayNotBeRead) {
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  folder.write("open.txt", "x");
  std::filesystem::permissions(folder.write("closed.txt", "x"), std::filesystem::perms::none);
  folder.write("hidden/x.txt", "x");
  std::filesystem::permissions(folder.path() / "hidden", std::filesystem::perms::none);
  FolderOptions one_thread = options();  // rights are a thread's own below
  one_thread.load.extractor.parallel = 1;
  const bool root = geteuid() == 0;
  if (root) syscall(SYS_setfsuid, 65534);
  const auto found = load_folder(folder.path(), one_thread);
  if (root) syscall(SYS_setfsuid, 0);
  std::filesystem::permissions(folder.path() / "hidden", std::filesystem::perms::owner_all);
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(names_of(*found), std::vector<std::string>{"open.txt"});
  EXPECT_NE(reason_of(*found, "closed.txt").find("Permission denied"), std::string::npos);
  EXPECT_NE(reason_of(*found, "hidden/").find("Permission denied"), std::string::npos);
}

TEST(LoadFolder, HoldsItsLimits) {
  const TemporaryFolder folder;
  for (int i = 0; i < 5; ++i) folder.write("d/" + std::to_string(i) + ".txt", "12345");
  FolderOptions small = options();
  small.max_files = 4;
  EXPECT_NE(load_folder(folder.path(), small).error().detail.find("more than 4 files, the limit"), std::string::npos);
  small.max_files = 5;
  small.max_text_bytes = 24;
  EXPECT_EQ(load_folder(folder.path(), small).error().code, ErrorCode::kTooLarge);
  small.max_text_bytes = 25;
  EXPECT_TRUE(load_folder(folder.path(), small));
  small.max_depth = 1;
  EXPECT_NE(load_folder(folder.path(), small).error().detail.find("deeper than 1, the limit"), std::string::npos);
}

TEST(LoadFolder, NamesAFolderThatIsNone) {
  const TemporaryFolder folder;
  EXPECT_EQ(load_folder(folder.path() / "missing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(load_folder(folder.write("file", "x")).error().code, ErrorCode::kDocument);
}

TEST(LoadFolder, StopsWhereNoFileCanBeReadForLackOfASandbox) {
  const TemporaryFolder folder;
  folder.write("a.docx", make_docx(""));
  FolderOptions none;
  none.load.extractor.helper = "/nonexistent/minions-extract";
  const auto found = load_folder(folder.path(), none);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kUnsupported);
}

TEST(LoadFolder, TellsHowFarItIs) {
  class Counts final : public Progress {
   public:
    bool at(std::size_t done, std::size_t total) override {
      EXPECT_TRUE(std::this_thread::get_id() == own);
      EXPECT_GT(done, last);
      EXPECT_EQ(total, 20U);
      last = done;
      return done != stop_at;
    }
    const std::thread::id own = std::this_thread::get_id();
    std::size_t last = 0;
    std::size_t stop_at = 0;
  } counts;
  const TemporaryFolder folder;
  for (int i = 0; i < 20; ++i) folder.write(std::to_string(i) + ".txt", "x");
  FolderOptions told = options();
  told.progress = &counts;
  ASSERT_TRUE(load_folder(folder.path(), told));
  EXPECT_EQ(counts.last, 20U);
  counts.last = 0;
  counts.stop_at = 20;
  EXPECT_EQ(load_folder(folder.path(), told).error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace minions::documents
