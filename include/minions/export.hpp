// Marks what the shared library exports. Everything else in it is hidden.
#pragma once

#if defined(__GNUC__)
#define MINIONS_API __attribute__((visibility("default")))
#define MINIONS_HIDDEN __attribute__((visibility("hidden")))
#else
#define MINIONS_API
#define MINIONS_HIDDEN
#endif
