// Takes in one sealed request: opens its records as they arrive, checks the head, and passes data on to the backend
// meanwhile. The backend's request is completed only after the final record has opened and the HTTP body has ended.
//  A session serves the models that its statement lists: for any other model nothing states who computes, where and on
//  which weights. So a backend that may be elsewhere sees nothing of a question, not even a connection, before the
//  model's name has come and is found in the list; what comes before the name waits here, within the limits on kept
//  bytes. A later second name aborts the request: then the backend has seen a part, for a listed model, and never its
//  end. Waiting for the end of each body would cost all other requests its memory and the time to pass it on.
#pragma once

#include <deque>

#include "gateway/context.h"
#include "gateway/media_url_scanner.h"
#include "gateway/model_scanner.h"
#include "openai/api_failure.h"
#include "session/exchange.h"

namespace minions::gateway {

// A complete request that authenticated. Errors in it may be reported in a sealed alert.
struct ReceivedRequest {
  session::StreamKeys keys;
  session::RequestHead head;
  Digest32 transcript{};                       // T
  std::optional<session::Alert> refusal;       // why the model is not asked
  std::optional<openai::ApiFailure> failure;   // or this, in the form of the model's API
  std::unique_ptr<backend::BackendCall> call;  // completed; null with a refusal and for the closing of a session
  std::optional<net::Permit> key_permit;       // among its API key's running requests
};

[[nodiscard]] inline bool is_closing(const session::RequestHead& head) {
  return head.method == "DELETE" && head.path == "/v2/session";
}

// Stops a stream, from its session and from its connection. Used on the stream's own thread.
struct StreamStop {
  backend::BackendCall* call = nullptr;
  net::HttpExchange* receiving = nullptr;  // until the request is complete: there is nobody to report to

  void stop() {
    if (call != nullptr) call->cancel();
    if (receiving != nullptr) receiving->abort();
  }
};

class RequestReceiver {
 public:
  // From the start of its call on, the backend is stopped with `stop` and when the peer disconnects.
  RequestReceiver(Context& context, net::HttpExchange& http, session::ServerSession& session,
                  std::shared_ptr<StreamStop> stop);
  ~RequestReceiver();
  RequestReceiver(const RequestReceiver&) = delete;
  RequestReceiver& operator=(const RequestReceiver&) = delete;

  // The request, or an unsealed error: until the request's end has authenticated nothing else is reported about it.
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
  std::optional<net::Permit> upload_permit_;  // of its address, until an API key identifies it
  HeldBytes::Share share_;
  std::string sender_;  // its API key's name, or its address if there are no keys; empty: it has no limit

  ReceivedRequest request_;
  std::optional<session::RecordReader> reader_;
  session::ExchangeHash hash_;
  MediaUrlScanner scanner_;
  ModelScanner model_;
  enum class Model : std::uint8_t { kNotAsked, kAwaited, kServed };
  Model model_state_ = Model::kNotAsked;
  MutableBytes piece_;
  std::uint64_t data_received_ = 0;
  // Waiting data: all of it until the model is known, the last part until the request's end has authenticated.
  std::deque<Bytes> held_;
  bool under_way_ = false;  // the head was good, and nothing has been wrong since
  bool backend_takes_data_ = false;
};

}  // namespace minions::gateway
