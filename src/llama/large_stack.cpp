#include "llama/large_stack.h"

#include <fmt/format.h>
#include <pthread.h>

#include <exception>
#include <system_error>

namespace minions::llama {
namespace {

struct Work {
  const std::function<void()>& work;
  std::exception_ptr failure;
};

void* run(void* argument) {
  auto& work = *static_cast<Work*>(argument);
  try {
    work.work();
  } catch (...) {
    work.failure = std::current_exception();
  }
  return nullptr;
}

}  // namespace

Status run_with_stack(std::size_t bytes, const std::function<void()>& work) {
  Work todo{work, nullptr};
  pthread_attr_t attributes;
  pthread_t thread{};
  pthread_attr_init(&attributes);
  int failed = pthread_attr_setstacksize(&attributes, bytes);
  if (failed == 0) failed = pthread_create(&thread, &attributes, run, &todo);
  pthread_attr_destroy(&attributes);
  if (failed != 0)
    return fail(ErrorCode::kTooLarge,
                fmt::format("a thread with {} bytes of stack: {}", bytes, std::generic_category().message(failed)));
  pthread_join(thread, nullptr);
  if (todo.failure) std::rethrow_exception(todo.failure);
  return {};
}

}  // namespace minions::llama
