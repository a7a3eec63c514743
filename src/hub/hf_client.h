// GET requests to a Hugging Face endpoint, following its redirects: to its own origin, and to the stores that hold its
// files, which never get the token.
#pragma once

#include "hub/hf_download.h"
#include "net/http_client.h"

namespace minions::hub {

struct HfReply {
  net::ResponseHead head;
  std::unique_ptr<net::ClientExchange> exchange;  // the body is not yet read
};

// kUnauthorized, kNotFound, kNetwork (429 and 5xx) or kBackend for a status that is not a success; the text contains
// `what`.
[[nodiscard]] Status check_status(int status, std::string_view what);

class HfClient {
 public:
  // kUsage: an invalid endpoint address.
  [[nodiscard]] static Result<std::unique_ptr<HfClient>> create(const HfOptions& options);

  // The final reply, whatever its status. target: path and query below the endpoint. kRefused: a forbidden redirect:
  // from https to http, to an invalid address, or one too many.
  [[nodiscard]] net::Task<Result<HfReply>> get(std::string target, net::Headers headers);
  // The body of a reply with status 200, at most 16 MiB.
  [[nodiscard]] net::Task<Result<std::string>> get_text(std::string target);

  template <class T>
  [[nodiscard]] T run(net::Task<T> task) {
    return net::run_until_done(context_, std::move(task));
  }

 private:
  struct Address {
    net::Url url;
    std::string target;
  };
  HfClient(net::Url endpoint, std::shared_ptr<const net::TlsClientContext> tls, const HfOptions& options);
  [[nodiscard]] static Result<Address> parse(std::string_view url);
  [[nodiscard]] Result<Address> redirected(const Address& from, std::string_view location) const;
  [[nodiscard]] net::Task<Result<HfReply>> get_once(const Address& address, net::Headers headers);

  net::asio::io_context context_;
  net::Url endpoint_;
  std::shared_ptr<const net::TlsClientContext> tls_;
  const HfOptions& options_;
  net::HttpClient http_;
};

}  // namespace minions::hub
