// Asks an attested server about a file, and prints the answer as it comes.
//
//   ask_example SERVER POLICY FILE QUESTION
//   ask_example https://minions.example.org production.toml contract.pdf "Which deadlines does it set?"
#include <cstdio>
#include <iostream>
#include <minions/minions.hpp>

namespace {

int report(const minions::Error& error) {
  std::cerr << "error: " << error.detail << '\n';
  return static_cast<int>(minions::exit_code_of(error));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    std::cerr << "usage: ask_example SERVER POLICY FILE QUESTION\n";
    return 2;
  }
  const auto client =
      minions::Client::connect({.server = arguments[1], .policy = minions::Policy::from_file(arguments[2])});
  if (!client) return report(client.error());  // names the failed check; nothing was sent
  const auto attestation = client->last_attestation();
  for (const std::string& reader : attestation->readers) std::cerr << "can read: " << reader << '\n';

  minions::AskOptions options;
  options.files = {arguments[3]};
  const minions::Answer answer =
      client->ask(arguments[4], options, [](std::string_view piece) { std::cout << piece << std::flush; });
  std::cout << '\n';
  for (const std::string& note : answer.notes) std::cerr << "note: " << note << '\n';
  if (!answer) return report(answer.error());
  if (!answer.is_whole()) {  // cut, refused, empty: it looks like an answer
    std::cerr << "warning: " << minions::words_for(*answer.ending) << '\n';
    return static_cast<int>(minions::ExitCode::kNotWhole);
  }
  std::cerr << "session " << answer.session << ", receipt " << answer.receipt << '\n';
  return 0;
}
