#include "attester/fake_tsm.h"

namespace minions::attester {
namespace {

std::string text_of(ByteView bytes) { return std::string(as_text(bytes)); }

}  // namespace

Status FakeTsmFiles::failure_of(std::string_view attribute) {
  auto& failures = tsm_.failing[std::string(attribute)];
  if (failures.empty()) return {};
  const ErrorCode code = failures.front();
  failures.pop_front();
  return fail(code, "fake failure of " + std::string(attribute));
}

Status FakeTsmFiles::make_entry(const std::string& entry) {
  MINIONS_TRY(failure_of("entry"));
  MINIONS_TRY(TsmFiles::make_entry(entry));
  ++tsm_.made;
  tsm_.entries.insert(entry);
  const auto path = root() / entry;
  write_file(path / "provider", tsm_.provider + "\n");
  write_file(path / "generation", std::to_string(tsm_.generation) + "\n");
  write_file(path / "inblob", "");
  if (tsm_.privlevel_floor) {
    write_file(path / "privlevel_floor", std::to_string(*tsm_.privlevel_floor) + "\n");
    write_file(path / "privlevel", "");
  }
  if (tsm_.has_aux) write_file(path / "auxblob", "");
  write_file(path / "outblob", "");
  return {};
}

Status FakeTsmFiles::remove_entry(const std::string& entry) {
  // In configfs the attributes go with the directory.
  for (const auto& file : std::filesystem::directory_iterator(root() / entry)) std::filesystem::remove(file);
  tsm_.entries.erase(entry);
  return TsmFiles::remove_entry(entry);
}

Result<Bytes> FakeTsmFiles::read(const std::string& entry, std::string_view attribute) {
  MINIONS_TRY(failure_of(attribute));
  return TsmFiles::read(entry, attribute);
}

Status FakeTsmFiles::write(const std::string& entry, std::string_view attribute, ByteView bytes) {
  MINIONS_TRY(failure_of(attribute));
  MINIONS_TRY(TsmFiles::write(entry, attribute, bytes));
  ++tsm_.generation;
  const bool input = attribute == "inblob";
  tsm_.writes.push_back(std::string(attribute) + (input ? "" : " " + text_of(bytes)));
  if (input) {
    if (tsm_.after_inblob) tsm_.after_inblob(tsm_);
    write_file(root() / entry / "outblob", text_of(tsm_.answer(bytes)));
    if (tsm_.has_aux) write_file(root() / entry / "auxblob", text_of(tsm_.aux));
  }
  write_file(root() / entry / "generation", std::to_string(tsm_.generation) + "\n");
  return {};
}

}  // namespace minions::attester
