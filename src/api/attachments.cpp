#include "api/client_impl.h"
#include "api/document_reader.h"

namespace minions {
namespace {

Attachment attachment_of(api::ReadDocument read) {
  auto impl = std::make_unique<Attachment::Impl>();
  impl->name = read.document.name;
  impl->document = std::make_shared<const documents::Document>(std::move(read.document));
  impl->of_folder = read.of_folder;
  return Attachment(std::move(impl));
}

Attachment attachment_of(api::ReadPicture read) {
  auto impl = std::make_unique<Attachment::Impl>();
  impl->name = std::move(read.name);
  impl->media_type = read.image.media_type;
  impl->picture = std::move(read.image);
  return Attachment(std::move(impl));
}

Attachments attachments_of(api::ReadFiles files, api::DocumentReader& reader) {
  Attachments to;
  if (const auto failed = reader.take_cache_error()) to.notes.push_back("no document cache: " + failed->detail);
  std::move(files.notes.begin(), files.notes.end(), std::back_inserter(to.notes));
  for (api::ReadDocument& document : files.documents) to.items.push_back(attachment_of(std::move(document)));
  for (api::ReadPicture& picture : files.pictures) to.items.push_back(attachment_of(std::move(picture)));
  return to;
}

}  // namespace

inline namespace v0 {

Attachment::Attachment(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Attachment::Attachment(Attachment&&) noexcept = default;
Attachment& Attachment::operator=(Attachment&&) noexcept = default;
Attachment::~Attachment() = default;
const std::string& Attachment::name() const { return impl_->name; }
const std::string& Attachment::media_type() const { return impl_->media_type; }

Result<Attachments> read_attachments(const std::string& path, const DocumentOptions& options, std::stop_token stop) {
  api::DocumentReader reader(options, api::PictureUse::kWithQuestion);
  api::ReadFiles files;
  MINIONS_TRY(reader.read(path, files, std::move(stop)));
  return attachments_of(std::move(files), reader);
}

Result<Attachments> read_attachment(std::string_view name, std::span<const std::uint8_t> bytes,
                                    const DocumentOptions& options) {
  api::DocumentReader reader(options, api::PictureUse::kWithQuestion);
  api::ReadFiles files;
  MINIONS_TRY(reader.read_bytes(name, bytes, files));
  return attachments_of(std::move(files), reader);
}

}  // namespace v0

}  // namespace minions
