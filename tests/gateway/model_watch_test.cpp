// The models that statements list follow those that the backend has.
#include "gateway/model_watch.h"

#include "gateway/fixture.h"

namespace minions::gateway {
namespace {

using attestation::ModelEntry;

// Has the models that the test gives it, or cannot be reached.
class ListingBackend final : public backend::Backend {
 public:
  void set(std::optional<std::vector<std::string>> ids, bool ready = true) {
    const std::lock_guard lock(mutex_);
    ids_ = std::move(ids);
    ready_ = ready;
  }
  [[nodiscard]] std::size_t asked() const { return asked_; }

  [[nodiscard]] net::Task<Result<std::vector<openai::ModelInfo>>> models(net::Executor executor) override {
    ++asked_;
    if (hangs) {
      net::Timer never(executor, net::Timer::time_point::max());
      co_await never.async_wait(net::use_task_tuple);
    }
    const std::lock_guard lock(mutex_);
    if (!ids_) co_return fail(ErrorCode::kNetwork, "it is not there");
    std::vector<openai::ModelInfo> listed;
    for (const std::string& id : *ids_) listed.push_back({id, "test", openai::PromptCache::kNone});
    co_return listed;
  }
  [[nodiscard]] net::Task<Result<std::unique_ptr<backend::BackendCall>>> open(backend::BackendRequest,
                                                                              net::Executor) override {
    co_return fail(ErrorCode::kNetwork, "it answers nothing");
  }
  [[nodiscard]] bool ready() const override { return ready_; }

  std::atomic<bool> hangs = false;

 private:
  std::mutex mutex_;
  std::optional<std::vector<std::string>> ids_;
  std::atomic<bool> ready_ = true;
  std::atomic<std::size_t> asked_ = 0;
};

class ModelWatchTest : public GatewayFixture {
 protected:
  void watch(std::chrono::milliseconds every = 1h) {
    watch_.emplace(
        ModelWatch::Parts{.backend = models_,
                          .entries =
                              [this](const std::vector<openai::ModelInfo>& listed) {
                                std::vector<ModelEntry> entries;
                                for (const openai::ModelInfo& model : listed)
                                  entries.push_back({model.id, "test", ModelEntry::Where::kLoopback, std::nullopt});
                                using Cache = ModelEntry::PromptCache;
                                for (ModelEntry& entry : entries) {
                                  if (caches_) entry.prompt_cache = shared_ ? Cache::kShared : Cache::kNone;
                                }
                                return entries;
                              },
                          .every = every,
                          .retry = 1ms},
        *gateway_->context().attestation);
  }
  ~ModelWatchTest() override { watch_.reset(); }
  [[nodiscard]] std::vector<std::string> stated() {
    std::vector<std::string> ids;
    const auto statement = attest();
    for (const ModelEntry& model : statement.statement().models) ids.push_back(model.id);
    return ids;
  }
  // Waits for what other threads do.
  template <class Holds>
  [[nodiscard]] static bool in_time(const Holds& holds) {
    for (const auto end = std::chrono::steady_clock::now() + 30s; std::chrono::steady_clock::now() < end;) {
      if (holds()) return true;
      std::this_thread::yield();
    }
    return false;
  }
  using Ids = std::vector<std::string>;

  std::shared_ptr<ListingBackend> models_ = std::make_shared<ListingBackend>();
  std::optional<ModelWatch> watch_;
  std::atomic<bool> caches_ = false;  // are stated
  std::atomic<bool> shared_ = false;
};

TEST_F(ModelWatchTest, AListThatWasNotThereAtStartIsStatedAtOnce) {
  Serving serving;
  serving.models = {};
  serve(std::move(serving));
  EXPECT_EQ(stated(), Ids{});
  watch();
  ASSERT_TRUE(in_time([&] { return models_->asked() > 2; })) << "it is not asked again";
  EXPECT_EQ(stated(), Ids{});
  models_->set(Ids{"late"});
  EXPECT_TRUE(in_time([&] { return stated() == Ids{"late"}; }));
}

TEST_F(ModelWatchTest, AnotherListIsStatedInTheNextEpoch) {
  serve();
  models_->set(Ids{"first"});
  watch(1ms);
  ASSERT_TRUE(in_time([&] { return models_->asked() > 2; }));
  now_ += 601;
  ASSERT_TRUE(in_time([&] { return stated() == Ids{"first"}; }));
  models_->set(Ids{"first", "second"});
  const std::size_t asked = models_->asked();
  ASSERT_TRUE(in_time([&] { return models_->asked() > asked + 2; }));
  EXPECT_EQ(stated(), Ids{"first"});
  now_ += 601;
  EXPECT_TRUE(in_time([&] { return stated() == Ids({"first", "second"}); }));
}

TEST_F(ModelWatchTest, ACacheThatIsDividedLessIsStatedAtOnce) {
  serve();
  models_->set(Ids{"first"});
  caches_ = true;
  watch(1ms);
  ASSERT_TRUE(in_time([&] { return models_->asked() > 1; }));
  now_ += 601;
  ASSERT_TRUE(in_time([&] { return stated() == Ids{"first"}; }));
  const auto cache = [&] {
    const auto statement = attest();
    return statement.statement().models.at(0).prompt_cache;
  };
  EXPECT_EQ(cache(), ModelEntry::PromptCache::kNone);
  shared_ = true;
  EXPECT_TRUE(in_time([&] { return cache() == ModelEntry::PromptCache::kShared; }));
  shared_ = false;
  const std::size_t asked = models_->asked();
  ASSERT_TRUE(in_time([&] { return models_->asked() > asked + 2; }));
  EXPECT_EQ(cache(), ModelEntry::PromptCache::kShared) << "what is better waits for the next epoch";
}

TEST_F(ModelWatchTest, AListStaysWhereTheServerIsAway) {
  serve();
  models_->set(Ids{"first"});
  watch(1ms);
  ASSERT_TRUE(in_time([&] { return models_->asked() > 2; }));
  models_->set(std::nullopt);
  const std::size_t asked = models_->asked();
  ASSERT_TRUE(in_time([&] { return models_->asked() > asked + 2; }));
  now_ += 601;
  EXPECT_TRUE(in_time([&] { return stated() == Ids{"first"}; }));
}

TEST_F(ModelWatchTest, AsksWhenTheServerHasBecomeReady) {
  serve();
  models_->set(Ids{"first"});
  watch();
  ASSERT_TRUE(in_time([&] { return models_->asked() == 1; }));
  models_->set(Ids{"other"}, false);
  // Long enough to be noticed: it is looked at five times a second.
  const auto seen = std::chrono::steady_clock::now() + 1s;
  ASSERT_TRUE(in_time([&] { return std::chrono::steady_clock::now() > seen; }));
  EXPECT_EQ(models_->asked(), 1U);
  models_->set(Ids{"other"}, true);
  EXPECT_TRUE(in_time([&] { return models_->asked() == 2; }));
}

TEST_F(ModelWatchTest, EndsWithoutWaitingForTheServer) {
  serve();
  models_->hangs = true;
  watch();
  ASSERT_TRUE(in_time([&] { return models_->asked() == 1; }));
  watch_.reset();
}

}  // namespace
}  // namespace minions::gateway
