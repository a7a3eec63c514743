// Text that users wrote or models answered: move-only, wiped on destruction.
#pragma once

#include "crypto/secret.h"

namespace minions::chat {

using Text = crypto::SecretText;

}  // namespace minions::chat
