// Takes in one sealed request: opens its records as they come, judges the head, and passes data on to the backend while
// it arrives. The backend's request is completed only after the final record has opened and the HTTP body has ended.
//
// A session serves the models that its statement lists: of no other is it said who computes, where and on which
// weights. So a backend that may be elsewhere sees nothing of a question, not even a connection, before the model's
// name has come and is found in the list; what comes before it waits here, within the limits on what is kept. A second
// name that comes later breaks the request off: then the backend has seen a part, for a model that is listed, and never
// its end. To wait for the end of each body would cost its memory and the time to pass it on for all the others.
#pragma once

#include <deque>

#include "gateway/context.h"
#include "gateway/media_url_scanner.h"
#include "gateway/model_scanner.h"
#include "openai/api_failure.h"
#include "session/exchange.h"

namespace minions::gateway {

// A whole request that authenticated. What is wrong with it may be said in a sealed alert.
struct ReceivedRequest {
  session::StreamKeys keys;
  session::RequestHead head;
  Digest32 transcript{};                       // T
  std::optional<session::Alert> refusal;       // why it is not asked of the model
  std::optional<openai::ApiFailure> failure;   // or so, as the model's API says it
  std::unique_ptr<backend::BackendCall> call;  // completed; null with a refusal and for the closing of a session
  std::optional<net::Permit> key_permit;       // among its API key's running requests
};

[[nodiscard]] inline bool is_closing(const session::RequestHead& head) {
  return head.method == "DELETE" && head.path == "/v2/session";
}

// What a stream is stopped through, from its session and from its connection. Used on the stream's own thread.
struct StreamStop {
  backend::BackendCall* call = nullptr;
  net::HttpExchange* receiving = nullptr;  // until the request is whole: there is nobody to tell anything

  void stop() {
    if (call != nullptr) call->cancel();
    if (receiving != nullptr) receiving->abort();
  }
};

class RequestReceiver {
 public:
  // From the opening of its call on, the backend is stopped with `stop` and when the peer goes.
  RequestReceiver(Context& context, net::HttpExchange& http, session::ServerSession& session,
                  std::shared_ptr<StreamStop> stop);
  ~RequestReceiver();
  RequestReceiver(const RequestReceiver&) = delete;
  RequestReceiver& operator=(const RequestReceiver&) = delete;

  // The request, or a plain error: until the request's end has authenticated nothing else is said of it.
  [[nodiscard]] net::Task<tl::expected<ReceivedRequest, PlainError>> receive();

 private:
  using Step = tl::expected<void, PlainError>;
  [[nodiscard]] static tl::unexpected<PlainError> refused(PlainError error) { return tl::unexpected(error); }
  [[nodiscard]] Step count_to_address();
  [[nodiscard]] net::Task<tl::expected<MutableBytes, PlainError>> next_piece();
  [[nodiscard]] net::Task<Step> read_stream_id();
  [[nodiscard]] net::Task<Step> take(const session::Record& record);
  [[nodiscard]] Step first_record_opened();
  [[nodiscard]] net::Task<Step> take_head(std::string_view json);
  [[nodiscard]] net::Task<Step> take_data(ByteView data);
  [[nodiscard]] net::Task<void> complete();
  [[nodiscard]] net::Task<void> open_call();
  [[nodiscard]] net::Task<void> write_held();
  void drop_call();
  void refuse(std::string message);
  void refuse(openai::ApiFailure failure);
  void judge(MediaUrlScanner::Finding finding);
  void judge_model(ModelScanner::Finding finding);
  [[nodiscard]] std::size_t stated_models() const;
  // Null: the statement does not list it.
  [[nodiscard]] const attestation::ModelEntry* stated(std::string_view model) const;
  [[nodiscard]] bool is_cache_stated_divided() const;
  [[nodiscard]] std::optional<session::Alert> judge_head();
  [[nodiscard]] std::optional<session::Alert> judge_key();
  [[nodiscard]] std::optional<session::Alert> count_session_to(const std::string& key);
  [[nodiscard]] int record_failed();

  Context& context_;
  net::HttpExchange& http_;
  session::ServerSession& session_;
  const std::shared_ptr<StreamStop> stop_;
  const SteadyTime started_;
  std::optional<net::Permit> upload_permit_;  // of its address, until an API key answers for it
  HeldBytes::Share share_;
  std::string sender_;  // its API key's name, or its address where there are no keys; empty: it has no limit

  ReceivedRequest request_;
  std::optional<session::RecordReader> reader_;
  session::ExchangeHash hash_;
  MediaUrlScanner scanner_;
  ModelScanner model_;
  enum class Model : std::uint8_t { kNotAsked, kAwaited, kServed };
  Model model_state_ = Model::kNotAsked;
  MutableBytes piece_;
  std::uint64_t data_received_ = 0;
  // Data that waits: all of it until the model is known, the last until the request's end has authenticated.
  std::deque<Bytes> held_;
  bool under_way_ = false;  // the head was good, and nothing is wrong since
  bool backend_takes_data_ = false;
};

}  // namespace minions::gateway
