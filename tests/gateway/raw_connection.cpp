#include "gateway/raw_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace minions::gateway {
namespace {

constexpr std::chrono::seconds kPatience{20};

void limit_reads(int socket, std::chrono::milliseconds patience) {
  const timeval time{patience.count() / 1000, patience.count() % 1000 * 1000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

}  // namespace

std::optional<std::string> RawReply::field(std::string_view name) const {
  const std::string wanted = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(wanted);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t from = at + wanted.size();
  return head.substr(from, head.find("\r\n", from) - from);
}

RawConnection::RawConnection(std::uint16_t port, int receive_buffer) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  if (receive_buffer > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const int one = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  limit_reads(socket_, kPatience);
  const timeval time{kPatience.count(), 0};
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("the gateway takes no connection");
}

RawConnection::~RawConnection() { close(); }

void RawConnection::close(End end) {
  if (socket_ < 0) return;
  if (end == End::kReset) {
    const linger at_once{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(std::exchange(socket_, -1));
}

bool RawConnection::send(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

bool RawConnection::fill() {
  std::uint8_t piece[16 * 1024];
  const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
  if (count <= 0) return false;
  append(buffer_, ByteView(piece, static_cast<std::size_t>(count)));
  return true;
}

bool RawConnection::take_line(std::string& line) {
  for (;;) {
    const std::size_t end = as_text(buffer_).find("\r\n");
    if (end != std::string_view::npos) {
      line = as_text(buffer_).substr(0, end);
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(end + 2));
      return true;
    }
    if (!fill()) return false;
  }
}

bool RawConnection::take(std::size_t count, Bytes& out) {
  while (buffer_.size() < count) {
    if (!fill()) {
      append(out, buffer_);
      return false;
    }
  }
  append(out, ByteView(buffer_).first(count));
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(count));
  return true;
}

RawReply RawConnection::read_reply(std::chrono::milliseconds patience) {
  limit_reads(socket_, patience);
  RawReply reply;
  std::string line;
  while (take_line(line) && !line.empty()) reply.head += line + "\r\n";
  if (!line.empty() || reply.head.size() < 13) return reply;
  reply.status = std::stoi(reply.head.substr(9, 3));
  if (reply.field("Transfer-Encoding") == "chunked") {
    while (take_line(line)) {
      const auto size = static_cast<std::size_t>(std::stoul(line, nullptr, 16));
      if (!take(size, reply.body) || !take_line(line)) return reply;
      if (size == 0) {
        reply.whole = true;
        return reply;
      }
    }
    return reply;
  }
  reply.whole = take(std::stoul(reply.field("Content-Length").value_or("0")), reply.body);
  return reply;
}

bool RawConnection::read_some(std::size_t bytes) {
  while (buffer_.size() < bytes) {
    if (!fill()) return false;
  }
  return true;
}

bool RawConnection::wait_closed() {
  limit_reads(socket_, kPatience);
  std::uint8_t piece[16 * 1024];
  for (;;) {
    const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
    if (count > 0) continue;
    return count == 0 || errno == ECONNRESET;
  }
}

}  // namespace minions::gateway
