#include "net/io_thread.h"

#include <csignal>

namespace minions::net {

void ignore_sigpipe() { std::signal(SIGPIPE, SIG_IGN); }

IoThread::IoThread() : work_(context_.get_executor()), thread_([this] { context_.run(); }) {}

IoThread::~IoThread() {
  context_.stop();
  thread_.join();
}

}  // namespace minions::net
