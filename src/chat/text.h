// Text that users wrote or models answered: move-only, wiped when it goes.
#pragma once

#include "crypto/secret.h"

namespace minions::chat {

using Text = crypto::SecretText;

}  // namespace minions::chat
