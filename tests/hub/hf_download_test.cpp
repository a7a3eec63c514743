// Downloads from a server of the Hub's shape: an API that describes the repository, and files that it redirects to
// another origin for.
#include "hub/hf_download.h"

#include <gtest/gtest.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "attester/temporary_directory.h"
#include "base/encoding.h"
#include "crypto/hash.h"
#include "hub/hf_repository.h"
#include "net/certificates.h"
#include "net/http_server.h"
#include "net/io_thread.h"

namespace minions::hub {
namespace {

using namespace std::chrono_literals;
using attester::content;
using attester::TemporaryDirectory;
using attester::write_file;

const std::string kCommit(40, 'c');

struct Seen {
  std::string target;
  std::string authorization;
  std::string range;
};

// One origin. Its handler is the test's; what was asked of it is kept.
class Site {
 public:
  using Answer = std::function<net::Task<void>(net::HttpExchange&)>;
  explicit Site(Answer answer, std::shared_ptr<net::TlsServerContext> tls = nullptr)
      : scheme_(tls == nullptr ? "http" : "https"), answer_(std::move(answer)), server_(net::ServerOptions{}) {
    net::ListenOptions listen;
    listen.tls = std::move(tls);
    listen.handler = [this](net::HttpExchange& http) -> net::Task<void> {
      const auto field = [&](std::string_view name) {
        return std::string(net::find(http.head().headers, name).value_or(""));
      };
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back({http.head().target, field("authorization"), field("range")});
      }
      co_await answer_(http);
    };
    port_ = server_.listen(std::move(listen)).value();
  }
  [[nodiscard]] std::string url() const { return scheme_ + "://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::string scheme_;
  Answer answer_;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::uint16_t port_ = 0;
  net::HttpServer server_;
};

net::Task<void> reply(net::HttpExchange& http, int status, std::string body) {
  (void)co_await http.reply(status, {}, as_bytes(body));
}

net::Task<void> redirect(net::HttpExchange& http, std::string to) {
  const net::Header headers[] = {{"location", to}};
  (void)co_await http.reply(302, headers, {});
}

class HfDownloadTest : public testing::Test {
 protected:
  HfDownloadTest() {
    net::ignore_sigpipe();
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i] = static_cast<char>('a' + i % 23);
    options_.cache = directory_.path() / "cache";
    options_.token = crypto::SecretText("hf_secret");
    options_.silence = 5s;
  }

  [[nodiscard]] nlohmann::json entry(const std::string& name, const std::string& bytes) const {
    return {
        {"rfilename", name},
        {"size", bytes.size()},
        {"lfs", {{"sha256", to_hex(crypto::sha256(as_bytes(bytes)))}, {"size", bytes.size()}, {"pointerSize", 134}}}};
  }
  [[nodiscard]] std::string description() const {
    nlohmann::json json = {{"id", "owner/repo"}, {"sha", kCommit}};
    json["siblings"] = {{{"rfilename", "README.md"}, {"size", 12}}, entry("model.gguf", published_)};
    return json.dump();
  }
  // What the API says, and redirects to the store for the file.
  void serve_hub(std::string redirect_to = {}) {
    hub_ = std::make_unique<Site>([this, redirect_to](net::HttpExchange& http) -> net::Task<void> {
      const std::string_view path = http.head().path();
      if (path == "/api/models/owner/repo/revision/main") {
        co_await reply(http, api_status_, description());
      } else if (path == "/owner/repo/resolve/" + kCommit + "/model.gguf") {
        // Named: GCC 12 destroys a conditional argument twice.
        std::string to = redirect_to;
        if (to.empty()) to = store_->url() + "/blob?sig=a%2Fb";
        co_await redirect(http, std::move(to));
      } else {
        co_await reply(http, 404, "{}");
      }
    });
    options_.endpoint = hub_->url();
  }
  // The file's bytes; ranges where they are asked for.
  void serve_store() {
    store_ = std::make_unique<Site>([this](net::HttpExchange& http) -> net::Task<void> {
      std::size_t first = 0;
      if (const auto range = net::find(http.head().headers, "range"); range && has_ranges_)
        first = std::stoul(std::string(range->substr(6)));
      const std::string rest = weights_.substr(first);
      if (cut_at_ > first) co_return co_await reply_cut(http, rest.substr(0, cut_at_ - first), rest.size());
      if (first == 0) co_return co_await reply(http, 200, rest);
      const std::string field = "bytes " + std::to_string(first + range_error_) + "-" +
                                std::to_string(weights_.size() - 1) + "/" + std::to_string(weights_.size());
      const net::Header headers[] = {{"content-range", field}};
      (void)co_await http.reply(206, headers, as_bytes(rest));
    });
  }
  // Breaks off in the middle.
  static net::Task<void> reply_cut(net::HttpExchange& http, std::string bytes, std::size_t) {
    if (!http.begin_reply(200, {})) co_return;
    const MutableBytes space = http.reply_space(bytes.size());
    std::copy(bytes.begin(), bytes.end(), space.begin());
    http.commit(bytes.size());
    (void)co_await http.flush(net::deadline_in(5s));
    http.abort();
  }
  void serve_both() {
    serve_store();
    serve_hub();
  }
  [[nodiscard]] Result<std::filesystem::path> fetch(const std::string& file = {}) {
    return fetch_hf_model({"owner/repo", file}, options_);
  }
  [[nodiscard]] std::filesystem::path place() const {
    return options_.cache / "hf/owner/repo" / kCommit / "model.gguf";
  }
  [[nodiscard]] std::filesystem::path part() const { return place().string() + ".part"; }

  TemporaryDirectory directory_;
  HfOptions options_;
  std::string weights_ = std::string(1'000'000, '\0');
  std::string published_;  // what the API hashes; set to weights_ unless a test says otherwise
  int api_status_ = 200;
  bool has_ranges_ = true;
  std::size_t cut_at_ = 0;       // bytes of the file, of a reply that begins before
  std::size_t range_error_ = 0;  // the store's ranges begin so much too late
  std::unique_ptr<Site> store_;
  std::unique_ptr<Site> hub_;

  void SetUp() override { published_ = weights_; }
};

TEST_F(HfDownloadTest, FetchesTheWholeFileThroughARedirect) {
  serve_both();
  DownloadProgress last;
  options_.progress = [&](const DownloadProgress& progress) { last = progress; };
  const auto path = fetch();
  ASSERT_TRUE(path) << path.error().detail;
  EXPECT_EQ(*path, place());
  EXPECT_EQ(content(*path), weights_);
  EXPECT_FALSE(std::filesystem::exists(part()));
  EXPECT_EQ(last.bytes, weights_.size());
  EXPECT_EQ(last.of_bytes, weights_.size());
  ASSERT_EQ(store_->seen().size(), 1U);
  EXPECT_EQ(store_->seen()[0].target, "/blob?sig=a%2Fb");
}

TEST_F(HfDownloadTest, TheTokenGoesToTheEndpointAlone) {
  serve_both();
  ASSERT_TRUE(fetch());
  for (const Seen& seen : hub_->seen()) EXPECT_EQ(seen.authorization, "Bearer hf_secret") << seen.target;
  for (const Seen& seen : store_->seen()) EXPECT_EQ(seen.authorization, "") << seen.target;
  options_.token = {};
  std::filesystem::remove_all(options_.cache);
  ASSERT_TRUE(fetch());
  EXPECT_EQ(hub_->seen().back().authorization, "");
}

TEST_F(HfDownloadTest, AskedAgainItFetchesNothing) {
  serve_both();
  ASSERT_TRUE(fetch());
  ASSERT_TRUE(fetch("model.gguf"));
  EXPECT_EQ(store_->seen().size(), 1U);
}

TEST_F(HfDownloadTest, GoesOnWhereItEnded) {
  serve_both();
  std::filesystem::create_directories(part().parent_path());
  write_file(part(), weights_.substr(0, 400'000));
  ASSERT_TRUE(fetch());
  EXPECT_EQ(content(place()), weights_);
  ASSERT_EQ(store_->seen().size(), 1U);
  EXPECT_EQ(store_->seen()[0].range, "bytes=400000-");
}

TEST_F(HfDownloadTest, GoesOnByItselfAfterACut) {
  serve_both();
  cut_at_ = 300'000;
  ASSERT_TRUE(fetch());
  EXPECT_EQ(content(place()), weights_);
  ASSERT_EQ(store_->seen().size(), 2U);
  EXPECT_EQ(store_->seen()[1].range, "bytes=300000-");
}

TEST_F(HfDownloadTest, AServerWithoutRangesSendsItAll) {
  serve_both();
  has_ranges_ = false;
  std::filesystem::create_directories(part().parent_path());
  write_file(part(), weights_.substr(0, 400'000));
  ASSERT_TRUE(fetch());
  EXPECT_EQ(content(place()), weights_);
}

TEST_F(HfDownloadTest, KeepsWhatCameOfAReplyThatBringsNothingMore) {
  store_ = std::make_unique<Site>([this](net::HttpExchange& http) -> net::Task<void> {
    if (net::find(http.head().headers, "range")) {
      http.abort();
    } else {
      co_await reply_cut(http, weights_.substr(0, 1000), weights_.size());
    }
  });
  serve_hub();
  const auto path = fetch();
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kTruncated);
  EXPECT_NE(path.error().detail.find("1000 of 1000000 bytes are kept"), std::string::npos) << path.error().detail;
  EXPECT_EQ(std::filesystem::file_size(part()), 1000U);
  EXPECT_FALSE(std::filesystem::exists(place()));
}

TEST_F(HfDownloadTest, AnotherHashIsRefusedAndRemoved) {
  serve_both();
  published_[500'000] = '!';
  const auto path = fetch();
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kTampered);
  EXPECT_NE(path.error().detail.find("want sha256"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(part()));
  EXPECT_FALSE(std::filesystem::exists(place()));
}

TEST_F(HfDownloadTest, AnAlteredBeginningOnDiskIsFoundByTheHash) {
  serve_both();
  std::filesystem::create_directories(part().parent_path());
  write_file(part(), std::string(1000, '!'));
  EXPECT_EQ(fetch().error().code, ErrorCode::kTampered);
  ASSERT_TRUE(fetch());
  EXPECT_EQ(content(place()), weights_);
}

TEST_F(HfDownloadTest, ALongerFileIsRefused) {
  serve_both();
  published_ = weights_.substr(0, 999'999);
  EXPECT_EQ(fetch().error().code, ErrorCode::kTampered);
  EXPECT_FALSE(std::filesystem::exists(place()));
}

TEST_F(HfDownloadTest, AnotherRangeIsRefused) {
  serve_both();
  range_error_ = 1;
  std::filesystem::create_directories(part().parent_path());
  write_file(part(), weights_.substr(0, 400'000));
  EXPECT_EQ(fetch().error().code, ErrorCode::kBackend);
}

TEST_F(HfDownloadTest, WhatTheEndpointRefusesIsSaid) {
  serve_both();
  const std::vector<std::pair<int, ErrorCode>> cases = {
      {401, ErrorCode::kUnauthorized}, {403, ErrorCode::kUnauthorized}, {404, ErrorCode::kNotFound},
      {429, ErrorCode::kNetwork},      {503, ErrorCode::kNetwork},      {400, ErrorCode::kBackend}};
  for (const auto& [status, code] : cases) {
    api_status_ = status;
    const auto path = fetch();
    ASSERT_FALSE(path) << status;
    EXPECT_EQ(path.error().code, code) << status;
    EXPECT_NE(path.error().detail.find(std::to_string(status)), std::string::npos);
    EXPECT_EQ(path.error().detail.find("hf_secret"), std::string::npos);
  }
  api_status_ = 200;
  EXPECT_EQ(fetch("absent.gguf").error().code, ErrorCode::kNotFound);
}

TEST_F(HfDownloadTest, NoNetworkIsAClearError) {
  std::string gone;
  {
    const Site closed([](net::HttpExchange& http) { return reply(http, 200, ""); });
    gone = closed.url();
  }
  options_.endpoint = gone;
  const auto path = fetch();
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kNetwork);
  EXPECT_NE(path.error().detail.find(gone), std::string::npos) << path.error().detail;
}

TEST_F(HfDownloadTest, RedirectsAreBoundedAndNeverLeaveHttps) {
  serve_store();
  for (const std::string& to : {std::string("nowhere"), std::string("ftp://127.0.0.1/x"), std::string("//127.0.0.1/x"),
                                std::string("http://user@127.0.0.1/x")}) {
    serve_hub(to);
    EXPECT_EQ(fetch().error().code, ErrorCode::kRefused) << to;
  }
  serve_hub("/owner/repo/resolve/" + kCommit + "/model.gguf");
  EXPECT_EQ(fetch().error().code, ErrorCode::kRefused);
  EXPECT_EQ(hub_->seen().size(), 7U) << "one description, the file, and five redirects";

  const net::TestCertificate certificate("server.test");
  auto tls = net::TlsServerContext::load(certificate.certificate_file(), certificate.key_file()).value();
  const Site secure(
      [this](net::HttpExchange& http) -> net::Task<void> {
        if (http.head().path().starts_with("/api/")) co_return co_await reply(http, 200, description());
        co_await redirect(http, store_->url() + "/blob");
      },
      tls);
  options_.endpoint = secure.url();
  options_.ca_file = certificate.certificate_file();
  const auto path = fetch();
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kRefused) << path.error().detail;
  EXPECT_TRUE(store_->seen().empty());
}

TEST_F(HfDownloadTest, TwoAtOnceDoNotWriteOneFile) {
  serve_store();
  Result<std::filesystem::path> second = fail(ErrorCode::kInternal, "not tried");
  serve_hub();
  bool tried = false;
  options_.progress = [&](const DownloadProgress&) {
    if (std::exchange(tried, true)) return;
    HfOptions other;
    other.endpoint = options_.endpoint;
    other.cache = options_.cache;
    other.silence = 5s;
    second = fetch_hf_model({"owner/repo", {}}, other);
  };
  ASSERT_TRUE(fetch());
  ASSERT_TRUE(tried);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
}

Repository repository(const std::vector<std::string>& paths) {
  Repository made{kCommit, {}};
  for (const std::string& path : paths) made.files.push_back({path, 1, {}});
  return made;
}

TEST(HfRepository, TheOnlyModelOrTheUsualQuantisationIsTaken) {
  EXPECT_EQ(choose_files(repository({"a-Q8_0.gguf"}), "").value()[0].path, "a-Q8_0.gguf");
  EXPECT_EQ(choose_files(repository({"a-f16.gguf", "mmproj-a-f16.gguf"}), "").value()[0].path, "a-f16.gguf");
  EXPECT_EQ(choose_files(repository({"a-Q4_K_M.gguf", "a-Q8_0.gguf"}), "").value()[0].path, "a-Q4_K_M.gguf");
  EXPECT_EQ(choose_files(repository({"a.q4_k_m.gguf", "b/a.f16.gguf"}), "").value()[0].path, "a.q4_k_m.gguf");
  EXPECT_EQ(choose_files(repository({"a-Q4_K_M.gguf", "a-Q8_0.gguf"}), "a-Q8_0.gguf").value()[0].path, "a-Q8_0.gguf");
}

TEST(HfRepository, AChoiceThatIsOpenIsTheUsers) {
  const auto open = choose_files(repository({"a-Q5_0.gguf", "a-Q8_0.gguf"}), "");
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, ErrorCode::kUsage);
  EXPECT_NE(open.error().detail.find("a-Q5_0.gguf, a-Q8_0.gguf"), std::string::npos);
  EXPECT_EQ(choose_files(repository({"a-Q4_K_M.gguf", "b-Q4_K_M.gguf"}), "").error().code, ErrorCode::kUsage);
  EXPECT_EQ(choose_files(repository({}), "").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(choose_files(repository({"mmproj.gguf"}), "").error().code, ErrorCode::kNotFound);
}

TEST(HfRepository, ChoosesAProjector) {
  const auto chosen = [](std::vector<std::string> files, std::string_view name = "") {
    return choose_files(repository(files), name, ModelPart::kProjector);
  };
  EXPECT_EQ(chosen({"a-Q8_0.gguf", "mmproj-a-Q8_0.gguf"}).value()[0].path, "mmproj-a-Q8_0.gguf");
  EXPECT_EQ(chosen({"a.gguf", "mmproj-BF16.gguf", "mmproj-F16.gguf", "mmproj-F32.gguf"}).value()[0].path,
            "mmproj-F16.gguf");
  EXPECT_EQ(chosen({"mmproj-BF16.gguf", "mmproj-F32.gguf"}, "mmproj-F32.gguf").value()[0].path, "mmproj-F32.gguf");
  const auto open = chosen({"a.gguf", "mmproj-BF16.gguf", "mmproj-F32.gguf"});
  EXPECT_EQ(open.error().code, ErrorCode::kUsage);
  EXPECT_NE(open.error().detail.find("several projectors"), std::string::npos);
  EXPECT_EQ(open.error().detail.find("a.gguf"), std::string::npos);
  EXPECT_EQ(chosen({"a-f16.gguf"}).error().code, ErrorCode::kNotFound);
}

TEST(HfRepository, AModelInPartsIsAllOfThem) {
  const auto split = repository({"m/a-00001-of-00003.gguf", "m/a-00002-of-00003.gguf", "m/a-00003-of-00003.gguf"});
  for (const char* name : {"", "m/a-00001-of-00003.gguf", "m/a-00002-of-00003.gguf"}) {
    const auto files = choose_files(split, name).value();
    ASSERT_EQ(files.size(), 3U) << name;
    EXPECT_EQ(files[0].path, "m/a-00001-of-00003.gguf");
  }
  EXPECT_EQ(choose_files(repository({"a-00001-of-00002.gguf"}), "").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(choose_files(repository({"a-0001-of-00002.gguf"}), "").value().size(), 1U);
}

TEST(HfRepository, NamesThatLeadElsewhereAreNone) {
  for (const char* name :
       {"", "owner", "/repo", "owner/", "owner/repo/x", "../repo", "owner/..", "a b/c", "a/b?c", "a/b%2f"})
    EXPECT_EQ(check_repository_name(name).error().code, ErrorCode::kUsage) << name;
  EXPECT_TRUE(check_repository_name("bartowski/Llama-3.2-1B-Instruct_v1.0-GGUF"));
  const std::string lfs = R"(,"lfs":{"size":1,"sha256":")" + std::string(64, 'a') + R"("}})";
  const std::string json = R"({"sha":")" + kCommit + R"(","siblings":[{"rfilename":"../a.gguf")" + lfs +
                           R"(,{"rfilename":"/a.gguf")" + lfs + R"(,{"rfilename":"x/../a.gguf")" + lfs +
                           R"(,{"rfilename":"b.gguf")" + lfs + "]}";
  const auto parsed = parse_repository(json);
  ASSERT_TRUE(parsed) << parsed.error().detail;
  ASSERT_EQ(parsed->files.size(), 1U);
  EXPECT_EQ(parsed->files[0].path, "b.gguf");
}

TEST(HfRepository, ADescriptionThatIsNoneIsRefused) {
  const std::string good = R"({"sha":")" + kCommit +
                           R"(","siblings":[{"rfilename":"a.gguf","lfs":{"size":1,"sha256":")" + std::string(64, 'a') +
                           R"("}}]})";
  ASSERT_TRUE(parse_repository(good));
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{kCommit, "main"},
                                                        {kCommit, "../../../../../../../../../../../../etc"},
                                                        {"\"sha\"", "\"x\""},
                                                        {"siblings", "files"},
                                                        {"\"size\":1", "\"size\":-1"},
                                                        {"\"size\":1", "\"size\":\"1\""},
                                                        {std::string(64, 'a'), std::string(63, 'a')},
                                                        {"{\"sha\"", "[\"sha\""}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_FALSE(parse_repository(bad)) << bad;
  }
}

}  // namespace
}  // namespace minions::hub
