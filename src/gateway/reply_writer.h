// Writes one sealed reply: pulls the backend's reply, seals it in the session's padding mode, signs the receipt. Any
// end without a trailer is an alert or a truncation that the client recognises.
#pragma once

#include "gateway/request_receiver.h"
#include "gateway/usage_scanner.h"

namespace minions::gateway {

class ReplyWriter {
 public:
  ReplyWriter(Context& context, net::HttpExchange& http, const session::ServerSession& session,
              ReceivedRequest& request);

  // kComplete, kAlert or kCancelled.
  [[nodiscard]] net::Task<StreamOutcome> write();

 private:
  [[nodiscard]] net::Task<StreamOutcome> write_reply_of_model();
  [[nodiscard]] net::Task<StreamOutcome> write_api_failure(const openai::ApiFailure& failure);
  [[nodiscard]] net::Task<StreamOutcome> write_alert(const session::Alert& alert);
  [[nodiscard]] net::Task<StreamOutcome> write_trailer();
  [[nodiscard]] std::string signed_trailer();
  [[nodiscard]] net::Task<StreamOutcome> write_failure(const Error& error);
  [[nodiscard]] net::Task<Result<backend::BackendReplyHead>> read_head();
  void seal_head(const backend::BackendReplyHead& head);

  // Off and bucket: each piece as it arrives, and meanwhile a sign that the model is waited for.
  struct WaitingSigns;
  [[nodiscard]] net::Task<Status> pass_at_once();
  [[nodiscard]] net::Task<Status> pass_at_once(WaitingSigns& signs);
  [[nodiscard]] net::Task<void> send_sign(std::shared_ptr<WaitingSigns> signs);
  // Tick and constant: one task fills a queue from the backend, another empties it on a grid of ticks.
  struct TickQueue;
  [[nodiscard]] net::Task<Status> pass_by_tick();
  [[nodiscard]] net::Task<void> fill(std::shared_ptr<TickQueue> queue);
  [[nodiscard]] net::Task<Status> empty(std::shared_ptr<TickQueue> queue);

  void seal(session::RecordType type, ByteView data);
  void seal_data(ByteView data);
  [[nodiscard]] net::Task<Status> flush();
  [[nodiscard]] net::Deadline model_deadline() const;

  Context& context_;
  net::HttpExchange& http_;
  const session::ServerSession& session_;
  ReceivedRequest& request_;
  session::ReplySealer sealer_;
  UsageScanner usage_;
  bool reader_failed_ = false;
};

}  // namespace minions::gateway
