// A TCP connection to loopback on which a test writes what it pleases and reads replies with an HTTP parser of its own:
// blocking, without any code of net/.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace minions::gateway {

struct RawReply {
  int status = 0;  // 0: the peer closed or fell silent before a head came
  std::string head;
  Bytes body;
  bool whole = false;  // the body came to its end

  // The value of that field; the name in lower case, as minionsd writes most of its own.
  [[nodiscard]] std::optional<std::string> field(std::string_view name) const;
  [[nodiscard]] std::string text() const { return std::string(as_text(body)); }
};

class RawConnection {
 public:
  // receive_buffer: bytes of SO_RCVBUF, to be slow with; 0 leaves the system's.
  explicit RawConnection(std::uint16_t port, int receive_buffer = 0);
  ~RawConnection();
  RawConnection(RawConnection&& other) noexcept : socket_(std::exchange(other.socket_, -1)), buffer_(other.buffer_) {}
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // False: the peer takes no more.
  bool send(ByteView bytes);
  bool send(std::string_view text) { return send(as_bytes(text)); }
  // The next reply, each read waiting so long at most.
  [[nodiscard]] RawReply read_reply(std::chrono::milliseconds patience = std::chrono::seconds(20));
  // Reads at least so many bytes of whatever comes. False: they did not come.
  [[nodiscard]] bool read_some(std::size_t bytes);
  // The peer closed or reset.
  [[nodiscard]] bool wait_closed();

  enum class End { kFin, kReset };
  void close(End end = End::kFin);

 private:
  [[nodiscard]] bool fill();
  [[nodiscard]] bool take_line(std::string& line);
  [[nodiscard]] bool take(std::size_t count, Bytes& out);

  int socket_;
  Bytes buffer_;  // read and not used
};

}  // namespace minions::gateway
