// Asks a model on this machine through the wire that its server speaks, without any server of ours.
//
//   local_model_example WORKER QUESTION
//   local_model_example ollama:llama3.2 "Why is the sky blue?"
#include <iostream>
#include <minions/minions.hpp>

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: local_model_example WORKER QUESTION\n";
    return 2;
  }
  minions::WorkerOptions worker;
  worker.model = arguments[1];
  auto model = minions::LocalModel::open(std::move(worker));
  if (!model) {
    std::cerr << "error: " << model.error().detail << '\n';
    return 1;
  }
  const minions::Answer answer =
      model->ask(arguments[2], {}, [](std::string_view piece) { std::cout << piece << std::flush; });
  std::cout << '\n';
  if (!answer) {
    std::cerr << "error: " << answer.error().detail << '\n';
    return 1;
  }
  if (answer.usage)
    std::cerr << answer.usage->prompt_tokens << " tokens read, " << answer.usage->completion_tokens << " written\n";
  return 0;
}
