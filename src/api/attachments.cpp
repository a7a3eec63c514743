#include <fmt/format.h>

#include "api/client_impl.h"
#include "api/document_reader.h"

namespace minions {
namespace {

Attachment attachment_of(const api::ReadDocument& read) {
  auto impl = std::make_unique<Attachment::Impl>();
  impl->name = read.document.name;
  impl->document = {read.document.name, documents::render(read.document),
                    read.of_folder ? chat::AttachmentKind::kFolderPart : chat::AttachmentKind::kFile};
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
  for (const api::ReadDocument& document : files.documents) to.items.push_back(attachment_of(document));
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

namespace api {
namespace {

void add_to(Question& question, std::vector<chat::Attachment>& documents, const Attachment& attachment) {
  const Attachment::Impl& read = attachment.impl();
  if (read.media_type.empty()) {
    documents.push_back({read.document.name, read.document.text.copy(), read.document.kind});
  } else {
    question.message.images.push_back({read.picture.media_type, read.picture.base64.copy()});
  }
}

}  // namespace

Result<Question> make_question(std::string_view question, const AskOptions& options) {
  Question made{{chat::Role::kUser, {}, {}}, {}, {}};
  std::vector<chat::Attachment> documents;
  for (const Attachment& attachment : options.attachments) add_to(made, documents, attachment);
  for (const std::string& file : options.files) {
    MINIONS_TRY_ASSIGN(Attachments found, read_attachments(file, options.documents, options.stop));
    for (const Attachment& attachment : found.items) add_to(made, documents, attachment);
    std::move(found.notes.begin(), found.notes.end(), std::back_inserter(made.notes));
  }
  made.message.content = chat::fold(documents, question);
  made.documents = std::move(documents);
  return made;
}

}  // namespace api
}  // namespace minions
